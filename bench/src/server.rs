//! What load is put on, and what several servers share.

use anyhow::Result;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use xtask::{cargo, process::Service};

/// A row of the table: an address, and the processes whose time counts.
pub(super) struct Server {
    pub(super) name: &'static str,
    /// Such as `127.0.0.1:3000`.
    pub(super) address: String,
    /// Its process group.
    pub(super) group: u32,
    /// The path that is asked for instead of a chat.
    pub(super) get: Option<&'static str>,
}

/// The row of the upstream itself.
pub(super) const UPSTREAM: &str = "upstream alone";

impl Server {
    /// One that chats at `port`.
    pub(super) fn new(name: &'static str, port: u16, service: &Service) -> Self {
        Self {
            name,
            address: format!("127.0.0.1:{port}"),
            group: service.id(),
            get: None,
        }
    }
}

/// Starts `command` and waits until it listens at `port`.
pub(super) fn start(name: &'static str, port: u16, command: &mut Command) -> Result<Service> {
    let mut service = Service::start(name, command, false, Duration::from_secs(2))?;
    service.wait_for(Duration::from_secs(10), |_| {
        TcpStream::connect(("127.0.0.1", port)).ok()
    })?;
    Ok(service)
}

/// The binary of the controllable upstream, and that of the load generator: optimised, for they share
/// the processors and their caches with what they measure.
pub(super) fn tools() -> Result<(PathBuf, PathBuf)> {
    let upstream = cargo::binary("openclaw-conformance", "openclaw-upstream", "release");
    let load = cargo::binary("openclaw-bench", "load", "release");
    Ok((upstream?, load?))
}

/// Starts the upstream.
pub(super) fn upstream(binary: &Path) -> Result<(Server, Service)> {
    let port = free_port()?;
    let mut command = Command::new(binary);
    let service = start(UPSTREAM, port, command.args(["--port", &port.to_string()]))?;
    Ok((Server::new(UPSTREAM, port, &service), service))
}

/// The gateway's configuration before the upstream at `address`: a limit that is counted and never
/// reached, and prices that make accounting multiply.
pub(super) fn config(address: &str) -> String {
    format!(
        r#"
[limits]
enterprise = 1000000000
[[providers]]
id = "upstream"
base_url = "http://{address}/v1"
[[models]]
id = "bench"
context_length = 8192
pricing = {{ prompt = 0.03, completion = 0.06 }}
targets = [{{ provider = "upstream", model = "bench" }}]
"#
    )
}

/// A port that is free now.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A folder that goes when we end. Under `target`: a real disk, as the gateway would have.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self> {
        let folder = cargo::root().join(format!("target/bench-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is under `target`, which is for leftovers.
        let _ = fs::remove_dir_all(&self.0);
    }
}
