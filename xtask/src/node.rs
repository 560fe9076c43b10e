//! Node: the machine's own where it is new enough, else npm's.

use crate::{fetch, process};
use anyhow::{Context, Result, bail};
use std::{fs, path::PathBuf, process::Command};

/// The oldest that wrangler runs on, and that has a WebSocket of its own.
const OLDEST: u32 = 22;
/// The folder of Node's pins.
const NPM: &str = "platforms/cloudflare/node";

/// What to call the step that is [`node`].
pub(crate) fn step() -> String {
    format!("Node {OLDEST} or newer")
}

/// Where it is.
pub(crate) fn node() -> Result<PathBuf> {
    let (major, path) = machines()?;
    if major >= OLDEST {
        return Ok(path);
    }
    let modules = fetch::npm_ci("workers-node", NPM)?;
    let packages = fs::read_dir(&modules)?.filter_map(Result::ok);
    let found = packages
        .map(|package| package.path().join("bin/node"))
        .find(|node| node.exists());
    match found {
        Some(node) => Ok(node),
        None => bail!("npm has no Node for this machine: install Node {OLDEST} or newer"),
    }
}

/// The major version of the machine's, and where it is.
fn machines() -> Result<(u32, PathBuf)> {
    let print = "console.log(process.versions.node.split('.')[0], process.execPath)";
    let said = process::capture(Command::new("node").args(["-e", print]))
        .context("Node is needed (node and npm)")?;
    let (major, path) = said.trim().split_once(' ').unwrap_or_default();
    Ok((major.parse().unwrap_or(0), path.into()))
}
