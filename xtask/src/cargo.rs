//! Calling cargo, and where things are in the checkout.

use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// What everything is built with unless it is measured: quick to build, optimised enough.
pub const PROFILE: &str = "ci";

/// More than any build takes.
const LIMIT: Duration = Duration::from_secs(3600);

/// The top of the checkout.
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where cargo keeps the sources of the crates that come from a registry.
pub fn registry() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let home = set("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&set("HOME")?).join(".cargo")));
    Ok(home.context("no HOME")?.join("registry/src"))
}

/// `cargo <arguments>` at the top of the checkout.
pub fn command(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = program(Path::new(&cargo));
    command.args(arguments);
    command
}

/// The cargo at `path`, at the top of the checkout.
pub fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    command.current_dir(root());
    // What cargo told us about our own package is not to reach another's build script: some are run
    // again when it changes (ring's), and everything above is then compiled again.
    for (name, _) in std::env::vars_os() {
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if of_package
            .iter()
            .any(|start| name.to_string_lossy().starts_with(start))
        {
            command.env_remove(name);
        }
    }
    command
}

/// Something that a build made and that can be run.
#[derive(Debug)]
pub struct Executable {
    /// Its target's name, such as `openclaw-api`.
    pub name: String,
    /// The folder of its package: tests run in it.
    pub package: PathBuf,
    /// Whether it is a test harness.
    pub is_test: bool,
    /// Where it is.
    pub path: PathBuf,
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    let set = std::env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty());
    set.map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Has a cargo command lint the workspace's crates while it compiles them: clippy's driver is a compiler, so
/// that lints need no second pass over everything. A warning is an error.
pub fn linting(command: &mut Command) -> &mut Command {
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver");
    // How `cargo clippy -- --deny warnings` tells its driver.
    command.env("CLIPPY_ARGS", "--deny__CLIPPY_HACKERY__warnings")
}

/// Runs a `cargo build` with `arguments` and gives what it made. Diagnostics are shown as ever.
pub fn build(arguments: &[&str]) -> Result<Vec<Executable>> {
    let mut command = command(&["build", "--locked"]);
    run_build(command.args(arguments))
}

/// The same for a command that begins with `cargo build`.
pub fn run_build(command: &mut Command) -> Result<Vec<Executable>> {
    command.args(["--message-format", "json-render-diagnostics"]);
    let mut made = Vec::new();
    let status = process::lines(command, LIMIT, |line| {
        made.extend(
            serde_json::from_str(line)
                .ok()
                .as_ref()
                .and_then(executable),
        );
    })?;
    if !status.success() {
        bail!("the build failed");
    }
    Ok(made)
}

/// The binary `name` of `package`, built.
pub fn binary(package: &str, name: &str, profile: &str) -> Result<PathBuf> {
    let arguments = ["--package", package, "--bin", name, "--profile", profile];
    found(build(&arguments)?, name)
}

/// The server for this machine, without its allocator, which takes a minute to compile.
pub(crate) fn server() -> Result<PathBuf> {
    let (package, name) = ("openclaw-server", "openclaw-api");
    let arguments = ["--package", package, "--bin", name, "--profile", PROFILE];
    found(
        build(&[&arguments[..], &["--no-default-features"]].concat())?,
        name,
    )
}

fn found(made: Vec<Executable>, name: &str) -> Result<PathBuf> {
    match made.into_iter().find(|made| made.name == name) {
        Some(made) => Ok(made.path),
        None => bail!("cargo built no `{name}`"),
    }
}

fn executable(message: &Value) -> Option<Executable> {
    if message["reason"] != "compiler-artifact" {
        return None;
    }
    let manifest = Path::new(message["manifest_path"].as_str()?);
    Some(Executable {
        name: message["target"]["name"].as_str()?.into(),
        package: manifest.parent()?.into(),
        is_test: message["profile"]["test"].as_bool()?,
        path: message["executable"].as_str()?.into(),
    })
}
