//! A function behind cargo-lambda's emulator of the runtime interface, with the tables and the
//! environment of a gateway under test.

use super::{
    Server,
    server::{free_port, log_file},
    supervise::Supervised,
};
use crate::lambda::Settings;
use std::{path::PathBuf, process::Command, time::Duration};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// The emulator and copies of one function; they end on drop.
#[derive(Debug)]
pub struct Emulator {
    /// What stands in front of the function's paths.
    pub base_url: String,
    _processes: Vec<Supervised>,
    _package: TempDir,
}

impl Emulator {
    /// Starts it beside `server`, with so many copies of `function`.
    ///
    /// # Panics
    /// When it does not listen within 20 s.
    pub async fn start(server: &Server, function: &str, copies: usize) -> Self {
        let text = std::fs::read(server.settings()).expect("the settings");
        let settings: Settings = serde_json::from_slice(&text).expect("the settings");
        let (package, port) = (package(function), free_port());
        let mut watch = Command::new(cargo_lambda());
        watch.args(["lambda", "watch", "--only-lambda-apis", "--manifest-path"]);
        watch.arg(package.path().join("Cargo.toml"));
        watch.args(["-A", "127.0.0.1", "-P", &port.to_string()]);
        for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"] {
            watch.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        let mut processes = vec![Supervised::start(&watch, &log_file("emulator"), None)];
        until_it_listens(port).await;
        let mut copy = Command::new(&settings.functions[function]);
        let interface = format!("http://127.0.0.1:{port}/.rt/{function}");
        copy.env("AWS_LAMBDA_RUNTIME_API", interface);
        copy.env("AWS_LAMBDA_FUNCTION_NAME", function);
        copy.env("AWS_LAMBDA_FUNCTION_VERSION", "1");
        copy.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
        copy.envs(&settings.environment);
        processes.extend((0..copies).map(|_| Supervised::start(&copy, &log_file("copy"), None)));
        Self {
            base_url: format!("http://127.0.0.1:{port}/lambda-url/{function}"),
            _processes: processes,
            _package: package,
        }
    }
}

/// The emulator asks for a package with a binary of the function's name; it never builds it.
fn package(function: &str) -> TempDir {
    let folder = TempDir::with_prefix("openclaw-conformance-").expect("a folder");
    let manifest = "[package]\nname = \"functions\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                    [workspace]\n";
    let binaries = folder.path().join("src/bin");
    std::fs::create_dir_all(&binaries).expect("a folder");
    std::fs::write(folder.path().join("Cargo.toml"), manifest).expect("a file");
    std::fs::write(binaries.join(format!("{function}.rs")), "fn main() {}\n").expect("a file");
    folder
}

/// Beside the Python that it was installed with.
fn cargo_lambda() -> PathBuf {
    let python = std::env::var_os("OPENCLAW_LAMBDA_PYTHON").expect("OPENCLAW_LAMBDA_PYTHON is set");
    PathBuf::from(python).with_file_name("cargo-lambda")
}

async fn until_it_listens(port: u16) {
    let listens = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let listens = tokio::time::timeout(Duration::from_secs(20), listens).await;
    listens.expect("the emulator listens");
}
