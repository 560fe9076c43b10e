//! Asking a URL, by the `curl` that `up` prints a line for anyway: no HTTP client is compiled here.

use crate::process;
use anyhow::{Result, bail};
use std::process::Command;

/// The body of a successful `GET`; an error otherwise. `key` goes in as a bearer token, and not
/// through the list of processes.
pub fn get(url: &str, key: Option<&str>) -> Result<String> {
    ask(url, key, "")
}

/// The same for a `POST` of the JSON `body`.
pub fn post(url: &str, key: Option<&str>, body: &str) -> Result<String> {
    // curl's quotes are Rust's.
    let body = format!("header = \"Content-Type: application/json\"\ndata = {body:?}\n");
    ask(url, key, &body)
}

fn ask(url: &str, key: Option<&str>, more: &str) -> Result<String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--max-time", "10"]);
    // A proxy for the outside must not be asked for this machine.
    command.args(["--noproxy", "localhost,127.0.0.1,::1"]);
    let header = key.map(|key| format!("header = \"Authorization: Bearer {key}\"\n"));
    command.args(["--config", "-", url]);
    let said = process::output(&mut command, &(header.unwrap_or_default() + more))?;
    if !said.status.success() {
        bail!("{url}: {}", said.stderr.trim());
    }
    Ok(said.stdout)
}
