//! Clients that are programs of their own: examples, the official SDKs, a browser.

use super::{dial::ws_url, target::gateway};
use std::{
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};
use tokio::process::Command;

/// The Python that has what `tests/sdk/python` pins.
///
/// # Panics
/// When nobody says where it is.
pub fn python() -> Command {
    let python = std::env::var_os("OPENCLAW_PYTHON").expect(
        "OPENCLAW_PYTHON is not set: `cargo xtask setup` installs the clients, `cargo xtask test` \
         sets it",
    );
    Command::new(python)
}

/// The packages that `tests/sdk/node` pins.
///
/// # Panics
/// When nobody says where they are.
pub fn node_modules() -> PathBuf {
    let modules = std::env::var_os("OPENCLAW_NODE_MODULES").expect(
        "OPENCLAW_NODE_MODULES is not set: `cargo xtask setup` installs the clients, \
         `cargo xtask test` sets it",
    );
    modules.into()
}

/// Node, with what `tests/sdk/node` pins for `require`.
///
/// # Panics
/// When nobody says where they are.
pub fn node() -> Command {
    let modules = node_modules();
    let node = std::env::var_os("OPENCLAW_NODE").unwrap_or_else(|| "node".into());
    let mut command = Command::new(node);
    command.env("NODE_PATH", modules);
    command
}

/// Builds a Go program of one file, with the modules that `tests/sdk/go` pins, into `to`.
///
/// # Panics
/// When it does not compile.
pub async fn build_go(file: &Path, to: &Path) {
    let go = std::env::var_os("OPENCLAW_GO").unwrap_or_else(|| "go".into());
    let mut build = Command::new(go);
    build.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/go"));
    build.args(["build", "-trimpath", "-o"]).arg(to).arg(file);
    let built = build
        .output()
        .await
        .expect("Go is needed (Debian: golang-go)");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{}: {said}", file.display());
}

/// A browser that opens this page, and prints its text once it says `until`. To be run with
/// `sdk/node/browser.cjs`.
///
/// # Panics
/// When nobody says where it is.
pub fn browser(page: &Path, until: &str) -> Command {
    assert!(
        std::env::var_os("OPENCLAW_CHROMIUM").is_some(),
        "OPENCLAW_CHROMIUM is not set: `cargo xtask setup` installs a browser, `cargo xtask test` \
         sets it"
    );
    let mut command = node();
    command.env("OPENCLAW_PAGE", page);
    command.env("OPENCLAW_UNTIL", until);
    command
}

/// The shell, for `curl` examples.
pub fn sh() -> Command {
    Command::new("sh")
}

/// Runs a file of this package with the gateway's addresses and `key` in its environment; what it
/// wrote to standard output.
///
/// # Panics
/// When it fails or takes more than 5 minutes: a busy machine takes half a minute to import what is large.
pub async fn run(command: Command, file: &str, key: &str) -> String {
    run_at(&gateway().await.base_url, command, file, key).await
}

/// The same before the gateway at `base_url`.
///
/// # Panics
/// When it fails or takes more than 5 minutes: a busy machine takes half a minute to import what is large.
pub async fn run_at(base_url: &str, command: Command, file: &str, key: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let output = execute(base_url, command, &path, key).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let status = output.status;
    assert!(status.success(), "{file}: {status}\n{stdout}\n{stderr}");
    stdout
}

async fn execute(base_url: &str, mut command: Command, path: &Path, key: &str) -> Output {
    let output = command
        .arg(path)
        .env("OPENCLAW_BASE_URL", format!("{base_url}/v1"))
        .env("OPENCLAW_WS_URL", ws_url(base_url))
        .env("OPENCLAW_API_KEY", key)
        .env("NO_PROXY", "127.0.0.1")
        .kill_on_drop(true)
        .output();
    tokio::time::timeout(Duration::from_secs(300), output)
        .await
        .expect("an end within 5 minutes")
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"))
}
