//! Putting load on a server, and what comes of it.

use super::{meter, server::Server};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{path::PathBuf, process::Command};
use xtask::process;

/// What a stream is here.
pub(super) const STREAM: &str = "A stream has 64 chunks, written at once.";

/// A kind of load.
#[derive(Clone, Copy)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) connections: usize,
    pub(super) stream: bool,
    pub(super) requests: usize,
}

impl Scenario {
    /// Whether `server` is measured by it: only chats stream.
    pub(super) const fn is_for(&self, server: &Server) -> bool {
        server.get.is_none() || !self.stream
    }
}

/// All that are measured, for a server that answers in some tens of microseconds.
pub(super) const SCENARIOS: [Scenario; 4] = [
    Scenario {
        name: "plain, 1 connection",
        connections: 1,
        stream: false,
        requests: 6_000,
    },
    Scenario {
        name: "plain, 32 connections",
        connections: 32,
        stream: false,
        requests: 16_000,
    },
    Scenario {
        name: "streaming, 1 connection",
        connections: 1,
        stream: true,
        requests: 5_000,
    },
    Scenario {
        name: "streaming, 32 connections",
        connections: 32,
        stream: true,
        requests: 12_000,
    },
];

/// One run of one scenario against one server; times in microseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct Sample {
    pub(super) per_second: f64,
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) first: f64,
    pub(super) cpu: f64,
}

/// The load generator.
pub(super) struct Load {
    pub(super) binary: PathBuf,
    /// The API key that it calls with.
    pub(super) key: String,
}

impl Load {
    /// One run; CPU time is that of the server's whole process group.
    pub(super) fn measure(&self, server: &Server, scenario: Scenario) -> Result<Sample> {
        let mut command = self.command("run", server);
        command
            .args(["--connections", &scenario.connections.to_string()])
            .args(["--requests", &scenario.requests.to_string()]);
        if scenario.stream {
            command.arg("--stream");
        }
        if let Some(path) = server.get {
            command.args(["--get", path]);
        }
        let before = meter::processor_time(server.group)?;
        let said = process::capture(&mut command)
            .with_context(|| format!("{}, {}", server.name, scenario.name))?;
        let spent = meter::processor_time(server.group)? - before;
        let said: Value = serde_json::from_str(&said)?;
        let number = |key: &str| {
            said[key]
                .as_f64()
                .with_context(|| format!("load: no `{key}`"))
        };
        let requests = number("requests")?;
        Ok(Sample {
            per_second: requests / number("seconds")?,
            p50: number("p50")?,
            p99: number("p99")?,
            first: number("first_p50")?,
            cpu: spent.as_secs_f64() * 1e6 / requests,
        })
    }

    /// The load generator against `server`.
    pub(super) fn command(&self, what: &str, server: &Server) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg(what).args(["--address", &server.address]);
        command.env("OPENCLAW_API_KEY", &self.key);
        command
    }
}
