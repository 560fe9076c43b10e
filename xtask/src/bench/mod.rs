//! `cargo xtask bench`: what the gateway adds to a request, in multiples of a bare proxy on the same
//! libraries. All on loopback, in one go, in interleaved rounds; medians of the rounds.

mod extras;
mod meter;
mod servers;
mod table;

use crate::{Runtime, process};
use anyhow::{Context, Result};
use clap::Args;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::Value;
use servers::{Fleet, Server};
use std::process::Command;
use table::Results;

/// Options of `bench`.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the gateway runs.
    #[arg(default_value = "native")]
    runtime: Runtime,
    /// What is measured is built with this profile; `ci` is quicker to build.
    #[arg(long, default_value = "release")]
    profile: String,
    /// Rounds of which the median is taken.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// A kind of load.
#[derive(Clone, Copy)]
struct Scenario {
    name: &'static str,
    connections: usize,
    stream: bool,
    requests: usize,
}

const SCENARIOS: [Scenario; 4] = [
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
struct Sample {
    per_second: f64,
    p50: f64,
    p99: f64,
    first: f64,
    cpu: f64,
}

/// Measures everything and prints Markdown.
pub(crate) fn run(options: &Options) -> Result<()> {
    let Runtime::Native = options.runtime;
    raise_open_files()?;
    let mut fleet = Fleet::start(&options.profile)?;
    let mut results = Results::default();
    for scenario in SCENARIOS {
        for server in &fleet.servers {
            // Connections, caches and lazily built parts are there before it counts.
            let warm = scenario.requests / 10;
            fleet.measure(
                server,
                Scenario {
                    requests: warm,
                    ..scenario
                },
            )?;
        }
    }
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        for scenario in SCENARIOS {
            for server in &fleet.servers {
                let sample = fleet.measure(server, scenario)?;
                results.add(scenario, server, sample);
            }
        }
    }
    for server in &fleet.servers {
        results.rss(server, meter::resident(server.group())?);
    }
    let extras = extras::measure(&mut fleet)?;
    results.print(options, &fleet, &extras);
    Ok(())
}

impl Fleet {
    /// One run of the load generator; CPU time is that of the server's whole process group.
    fn measure(&self, server: &Server, scenario: Scenario) -> Result<Sample> {
        let mut command = self.load("run", server);
        command
            .args(["--connections", &scenario.connections.to_string()])
            .args(["--requests", &scenario.requests.to_string()]);
        if scenario.stream {
            command.arg("--stream");
        }
        let before = meter::processor_time(server.group())?;
        let said = process::capture(&mut command)
            .with_context(|| format!("{}, {}", server.name, scenario.name))?;
        let spent = meter::processor_time(server.group())? - before;
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
    fn load(&self, what: &str, server: &Server) -> Command {
        let mut command = Command::new(&self.load);
        command.arg(what).args(["--address", &server.address]);
        command.env("OPENCLAW_API_KEY", &self.key);
        command
    }
}

/// A thousand streams are two thousand sockets of a proxy; children inherit the limit.
fn raise_open_files() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
