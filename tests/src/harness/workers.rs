//! Cloudflare Workers: all of them on real workerd, started by `tests/workers/serve.mjs`.

use super::{config, server::Options};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// What the runner prints before the process id of workerd, once requests are answered.
const READY: &str = ", workerd ";

/// What it prints before the address of its control.
const CONTROL: &str = "control http://";

/// What a session's id has before its object's.
const SESSION: &str = "sess_";

pub(super) fn command(options: &Options, folder: &Path, port: u16) -> Result<Command, String> {
    let variables = options.hosted_variables();
    let settings = json!({
        "modules": setting("OPENCLAW_WRANGLER_MODULES")?.to_string_lossy(),
        "port": port,
        "state": options.data.clone().unwrap_or_else(|| folder.join("data")),
        "config": config::json(&config::document(options)),
        "variables": variables,
        "brittle": options.brittle,
    });
    let file = self::settings(folder);
    std::fs::write(&file, settings.to_string()).map_err(|error| error.to_string())?;
    let mut command = Command::new(setting("OPENCLAW_WRANGLER_NODE")?);
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("workers/serve.mjs");
    command.arg(runner).arg(file).env_clear();
    Ok(command)
}

/// The runner's settings.
pub(super) fn settings(folder: &Path) -> PathBuf {
    folder.join("workers.json")
}

/// Puts another configuration into the runner's settings.
pub(super) fn configure(file: &Path, document: &str) {
    let text = std::fs::read(file).expect("the settings");
    let mut settings: Value = serde_json::from_slice(&text).expect("the settings");
    settings["config"] = config::json(document);
    std::fs::write(file, settings.to_string()).expect("the settings can be written");
}

fn setting(name: &str) -> Result<OsString, String> {
    std::env::var_os(name).ok_or_else(|| {
        format!("{name} is not set: `cargo xtask test workers` builds the Workers and sets it")
    })
}

/// The process id of workerd, once the runner's log tells it.
pub(super) fn runtime(log: &str) -> Option<Pid> {
    let (_, rest) = log.split_once(READY)?;
    let (id, _) = rest.split_once('\n')?;
    Pid::from_raw(id.parse().ok()?)
}

/// SIGKILL.
pub(super) fn kill(runtime: Pid) {
    // It may have ended with its runner.
    let _ = kill_process(runtime, Signal::KILL);
}

/// Has something done to a session's object, by the control that the runner's log tells of.
pub(super) async fn control(log: &str, what: &str, session: &str) {
    let (_, rest) = log.split_once(CONTROL).expect("a brittle gateway");
    let (address, _) = rest.split_once('\n').expect("an address");
    let order = format!("{what} {}", object(session));
    let request = reqwest::Client::new().post(format!("http://{address}/"));
    let answer = request.body(order).send().await.expect("an answer");
    let (status, said) = (answer.status(), answer.text().await);
    assert_eq!(status, 200, "{what}: {said:?}");
}

/// How often a session's object has started, by the runner's log.
pub(super) fn starts(log: &str, session: &str) -> usize {
    let line = format!("session {} starts", object(session));
    log.lines().filter(|said| **said == line).count()
}

fn object(session: &str) -> &str {
    session.strip_prefix(SESSION).expect("a session's id")
}
