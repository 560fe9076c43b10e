//! The project's verbs: `cargo xtask setup | build | deploy | manifests | openapi | catalog | wrangler | up | test | fuzz |
//! bench`; and what starts gateways on this machine, for the last of them, which is a crate of its own.
//!
//! Progress goes to standard error, results (an address, a key, a sum) to standard output.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks on its standard streams"
)]

mod cache;
pub mod cargo;
mod catalog;
mod client_libraries;
mod clients;
mod config;
mod dashboard;
mod dependencies;
mod deploy;
#[cfg(test)]
mod directions;
mod fetch;
pub mod gateway;
pub mod http;
mod lambda;
mod model;
mod node;
pub mod process;
mod setup;
pub mod steps;
#[cfg(test)]
mod supply_chain;
mod test;
#[cfg(test)]
mod tidy;
mod up;
pub mod workers;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
use std::{ffi::OsString, process::ExitCode};

/// What can be done with this checkout.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Fetches what `up` and `test` need beside Rust, once: the small model, the official SDKs.
    Setup(setup::Options),
    /// Builds the functions for a platform and prints what they weigh.
    #[command(subcommand)]
    Build(Build),
    /// Deploys to a platform, all of it in one command that can be run again.
    #[command(subcommand)]
    Deploy(Deploy),
    /// Writes the wrangler.toml files from the table of Workers.
    Manifests,
    /// Makes the README's pictures of the dashboard, of a month of made-up requests.
    Pictures,
    /// Writes docs/openapi.json and docs/asyncapi.json from the functions' tables, and from that what the
    /// client libraries have in common.
    Openapi,
    /// Writes what is known of vendors and their models from a file of facts.
    Catalog(catalog::Options),
    /// Runs the pinned wrangler, on a Node that is new enough.
    #[command(disable_help_flag = true)]
    Wrangler {
        /// What wrangler is asked.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Builds and starts the gateway with a real small model; Ctrl-C ends both.
    Up(up::Options),
    /// Checks style, lints and directions, then runs every test; the last line is the sum.
    Test(test::Options),
    /// Tries the parsers with hostile input, longer than `test` does.
    Fuzz {
        /// How many inputs each of them gets.
        #[arg(long, default_value_t = 100_000)]
        cases: u32,
    },
    /// Measures the gateway against nginx and a bare proxy, and prints the table.
    #[command(disable_help_flag = true)]
    Bench {
        /// What is measured: see `cargo xtask bench --help`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

/// What can be built.
#[derive(Subcommand)]
enum Build {
    /// Into dashboard/dist: what the server embeds and Workers serve.
    Dashboard,
    /// Into target/workers.
    Workers(workers::Options),
    /// By `sam build`; prints how fast they start, too.
    Lambda(lambda::build::Options),
}

/// What can be deployed.
#[derive(Subcommand)]
enum Deploy {
    /// To Cloudflare.
    Workers(workers::deploy::Options),
    /// To AWS Lambda, with DynamoDB.
    Lambda(lambda::deploy::Options),
}

/// Where the gateway runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Runtime {
    /// The self-hosted server.
    Native,
    /// Cloudflare Workers.
    Workers,
    /// AWS Lambda.
    Lambda,
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let verb = Arguments::parse().verb;
    let done = process::watch_signals().and_then(|()| match verb {
        Verb::Build(Build::Dashboard) => dashboard::build().map(|()| ExitCode::SUCCESS),
        Verb::Setup(options) => setup::run(&options).map(|()| ExitCode::SUCCESS),
        Verb::Build(Build::Workers(options)) => workers::run(&options).map(|()| ExitCode::SUCCESS),
        Verb::Build(Build::Lambda(options)) => {
            lambda::build::run(&options).map(|()| ExitCode::SUCCESS)
        }
        Verb::Deploy(Deploy::Workers(options)) => {
            workers::deploy::run(&options).map(|()| ExitCode::SUCCESS)
        }
        Verb::Deploy(Deploy::Lambda(options)) => {
            lambda::deploy::run(&options).map(|()| ExitCode::SUCCESS)
        }
        Verb::Pictures => dashboard::pictures().map(|()| ExitCode::SUCCESS),
        Verb::Manifests => workers::manifest::write().map(|()| ExitCode::SUCCESS),
        Verb::Openapi => {
            let package = ["run", "--quiet", "--package", "openclaw-openapi-document"];
            process::run(&mut cargo::command(&package))?;
            client_libraries::generate().map(|()| ExitCode::SUCCESS)
        }
        Verb::Catalog(options) => catalog::run(&options).map(|()| ExitCode::SUCCESS),
        Verb::Wrangler { arguments } => workers::wrangler(&arguments),
        Verb::Up(options) => up::run(&options).map(|()| ExitCode::SUCCESS),
        Verb::Test(options) => test::run(&options),
        Verb::Fuzz { cases } => fuzz(cases),
        Verb::Bench { arguments } => bench(&arguments),
    });
    ended(done)
}

/// The tests of what reads foreign input, whose names begin with `hostile`, wherever they are.
fn fuzz(cases: u32) -> Result<ExitCode> {
    let mut tests = cargo::command(&["test", "--locked", "--workspace", "--lib", "--tests"]);
    tests.args([
        "--exclude",
        "openclaw-conformance",
        "--profile",
        cargo::PROFILE,
        "hostile",
    ]);
    process::run(tests.env("PROPTEST_CASES", cases.to_string())).map(|()| ExitCode::SUCCESS)
}

/// The crate `bench`, with the caller's terminal.
fn bench(arguments: &[OsString]) -> Result<ExitCode> {
    let name = "openclaw-bench";
    let mut bench = cargo::command(&[
        "run",
        "--locked",
        "--quiet",
        "--package",
        name,
        "--bin",
        name,
    ]);
    process::run(bench.arg("--").args(arguments)).map(|()| ExitCode::SUCCESS)
}

/// The exit code that a verb ends with; its error is printed.
pub fn ended(done: Result<ExitCode>) -> ExitCode {
    match done {
        Ok(code) => code,
        Err(error) if error.is::<process::Interrupted>() => {
            eprintln!("interrupted");
            ExitCode::from(130)
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
