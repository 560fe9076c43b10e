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
pub(crate) const PROFILE: &str = "ci";

/// More than any build takes.
const LIMIT: Duration = Duration::from_secs(3600);

/// The top of the checkout.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// Where cargo keeps the sources of the crates that come from a registry.
pub(crate) fn registry() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let home = set("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&set("HOME")?).join(".cargo")));
    Ok(home.context("no HOME")?.join("registry/src"))
}

/// `cargo <arguments>` at the top of the checkout.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = program(Path::new(&cargo));
    command.args(arguments);
    command
}

/// The cargo at `path`, at the top of the checkout.
pub(crate) fn program(path: &Path) -> Command {
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
pub(crate) struct Executable {
    /// Its target's name, such as `openclaw-api`.
    pub(crate) name: String,
    /// The folder of its package: tests run in it.
    pub(crate) package: PathBuf,
    /// Whether it is a test harness.
    pub(crate) is_test: bool,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// Runs a `cargo build` and gives what it made. Diagnostics are shown as ever.
pub(crate) fn build(arguments: &[&str]) -> Result<Vec<Executable>> {
    let mut command = command(&["build", "--message-format", "json-render-diagnostics"]);
    let mut made = Vec::new();
    let status = process::lines(command.args(arguments), LIMIT, |line| {
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
pub(crate) fn binary(package: &str, name: &str, profile: &str) -> Result<PathBuf> {
    let arguments = ["--package", package, "--bin", name, "--profile", profile];
    match build(&arguments)?
        .into_iter()
        .find(|made| made.name == name)
    {
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
