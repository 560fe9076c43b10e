//! The WebSocket: what a connection costs that does nothing, natively and on workerd, and how late the
//! native server's frames are when many stream at once.

use super::{
    Options, meter,
    server::{Folder, config, free_port},
    table::{self, Bar},
    workers::sessions,
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::Duration,
};
use xtask::{
    cargo,
    gateway::{Gateway, Local},
    process::{self, Service},
};

/// Authenticated connections that do nothing.
const IDLE: usize = 10_000;

/// Connections that stream at once.
const STREAMING: usize = 500;

/// The load, and whom it is put on.
struct Field {
    load: PathBuf,
    key: String,
    gateway: Gateway,
    upstream_port: u16,
}

pub(super) fn measure(options: &Options) -> Result<Vec<Bar>> {
    eprintln!("building ({})", options.profile);
    let load = cargo::binary("openclaw-bench", "sockets", cargo::PROFILE)?;
    let binary = cargo::binary("openclaw-server", "openclaw-api", &options.profile)?;
    let folder = Folder::new()?;
    let upstream_port = free_port()?;
    let gateway = Gateway {
        binary,
        port: free_port()?,
        data: folder.0.join("data"),
        own: folder.0.clone(),
    };
    let service = gateway.start(&config(&format!("127.0.0.1:{upstream_port}")), false)?;
    let field = Field {
        load,
        key: gateway.new_key("enterprise")?,
        gateway,
        upstream_port,
    };
    let idle = field.idle(&service)?;
    field.streaming(options.rounds)?;
    let load = field.load.clone();
    drop((field, service, folder));
    sessions::measure(&load)?;
    println!("{}", table::conditions(options.rounds));
    Ok(vec![Bar {
        name: format!("memory of one of {IDLE} idle connections"),
        measured: idle,
        at_most: 10.0,
        unit: " KB",
    }])
}

impl Field {
    fn gateway(&self) -> String {
        format!("127.0.0.1:{}", self.gateway.port)
    }

    /// Resident memory that an idle connection adds, in KB.
    fn idle(&self, gateway: &Service) -> Result<f64> {
        // What one connection brings to life counts for none of them.
        drop(self.hold(1)?);
        sleep(Duration::from_secs(3));
        let before = meter::resident(gateway.id())?;
        let held = self.hold(IDLE)?;
        // The allocator gives back what the handshakes took.
        sleep(Duration::from_secs(5));
        let after = meter::resident(gateway.id())?;
        drop(held);
        println!("{IDLE} idle connections: {before:.1} MB before, {after:.1} MB with them.\n");
        Ok((after - before) * 1e3 / IDLE as f64)
    }

    fn hold(&self, connections: usize) -> Result<Service> {
        hold(&self.load, &self.key, &self.gateway(), connections, &[])
    }

    /// Prints how late frames are, and how late the upstream's own pieces are.
    fn streaming(&self, rounds: u32) -> Result<()> {
        println!("| {STREAMING} streams at once | frames | p50 | p99 |\n|---|--:|--:|--:|");
        let upstream = format!("127.0.0.1:{}", self.upstream_port);
        for round in 1..=rounds {
            eprintln!("round {round} of {rounds}");
            for (name, address, direct) in [
                ("upstream alone", &upstream, true),
                ("gateway", &self.gateway(), false),
            ] {
                let mut command = command(&self.load, &self.key, address, STREAMING);
                command.args(["stream", "--upstream-port", &self.upstream_port.to_string()]);
                if direct {
                    command.arg("--direct");
                }
                let said: Value = serde_json::from_str(&process::capture(&mut command)?)?;
                let milliseconds = |key: &str| said[key].as_f64().unwrap_or(f64::NAN) / 1e3;
                let (p50, p99) = (milliseconds("p50"), milliseconds("p99"));
                println!(
                    "| {name} | {} | {p50:.2} ms | {p99:.2} ms |",
                    said["frames"]
                );
            }
        }
        println!();
        Ok(())
    }
}

/// The load, with so many connections.
fn command(load: &Path, key: &str, address: &str, connections: usize) -> Command {
    let mut command = Command::new(load);
    command
        .args(["--address", address, "--connections"])
        .arg(connections.to_string())
        .env("OPENCLAW_API_KEY", key);
    command
}

/// Idle connections, once all are open.
pub(super) fn hold(
    load: &Path,
    key: &str,
    address: &str,
    connections: usize,
    more: &[&str],
) -> Result<Service> {
    let mut command = command(load, key, address, connections);
    command.arg("idle").args(more);
    let mut held = Service::start("sockets", &mut command, false, Duration::from_secs(10))?;
    until_said(&mut held, "open", Duration::from_secs(120))
        .context("not all connections were opened")?;
    Ok(held)
}

/// Waits until `load` has said so.
pub(super) fn until_said(load: &mut Service, what: &str, limit: Duration) -> Result<()> {
    load.wait_for(limit, |load| {
        load.tail().iter().any(|line| line == what).then_some(())
    })
}
