//! `cargo xtask bench`: what the gateway adds to a request, in multiples of the least that its
//! runtime's proxy can do. All on loopback, in one go, in interleaved rounds; medians of the rounds.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks on its standard streams"
)]

mod extras;
mod files;
mod load;
mod meter;
mod native;
mod server;
mod sockets;
mod table;
mod workers;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use load::{Load, Scenario};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use server::Server;
use std::process::ExitCode;
use table::{Bar, Results};
use xtask::process;

/// Measures the gateway against nginx and a bare proxy, or Workers against a pass-through; prints the table.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Options {
    /// What is measured.
    #[arg(default_value = "native")]
    what: What,
    /// Native: what is measured is built with this profile; `ci` is quicker to build.
    #[arg(long, default_value = "release")]
    profile: String,
    /// Rounds of which the median is taken.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Workers: measures each part of a request's way, too.
    #[arg(long)]
    parts: bool,
}

/// What can be measured. Lambda's functions are measured by `cargo xtask build lambda`.
#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Requests through the native server.
    Native,
    /// Requests through Workers.
    Workers,
    /// Uploads to the native server.
    Files,
    /// The WebSocket: the native server's, and idle connections on Workers.
    Ws,
}

fn main() -> ExitCode {
    let options = Options::parse();
    xtask::ended(process::watch_signals().and_then(|()| run(&options)))
}

/// Measures everything and prints Markdown; fails where a bar is missed.
fn run(options: &Options) -> Result<ExitCode> {
    raise_open_files()?;
    let bars = match options.what {
        What::Native => native(options)?,
        What::Workers => workers::measure(options)?,
        What::Files => files::measure(options)?,
        What::Ws => sockets::measure(options)?,
    };
    table::print_bars(&bars);
    match bars.iter().all(Bar::is_held) {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}

fn native(options: &Options) -> Result<Vec<Bar>> {
    let mut fleet = native::Fleet::start(&options.profile)?;
    let mut results = Results::new(native::BARE);
    let scenarios = load::SCENARIOS;
    measure(
        &fleet.load,
        &fleet.servers,
        &scenarios,
        options.rounds,
        &mut results,
    )?;
    for server in &fleet.servers {
        results.rss(server, meter::resident(server.group)?);
    }
    let extras = extras::measure(&mut fleet)?;
    println!("{} {}", table::conditions(options.rounds), load::STREAM);
    println!("Profile {}.", options.profile);
    results.print(&scenarios, &native::ROWS);
    Ok(extras.bars(&results))
}

/// All scenarios against all servers: once to warm up, then in rounds.
fn measure(
    load: &Load,
    servers: &[Server],
    scenarios: &[Scenario],
    rounds: u32,
    results: &mut Results,
) -> Result<()> {
    for scenario in scenarios {
        // Connections, caches and lazily built parts are there before it counts.
        let mut warm = *scenario;
        warm.requests /= 10;
        for server in servers.iter().filter(|server| scenario.is_for(server)) {
            load.measure(server, warm)?;
        }
    }
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        for scenario in scenarios {
            for server in servers.iter().filter(|server| scenario.is_for(server)) {
                let sample = load.measure(server, *scenario)?;
                results.add(*scenario, server, sample);
            }
        }
    }
    Ok(())
}

/// A thousand streams are two thousand sockets of a proxy; children inherit the limit.
fn raise_open_files() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}
