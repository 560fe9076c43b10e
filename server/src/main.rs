//! `openclaw-api`: the self-hosted gateway in one binary. All functions, merged, on the native
//! ports; beside it the commands that look after its data folder.

mod accounts;
mod admin_context;
mod cli;
mod config;
mod connections;
mod cores;
mod health;
mod inspect;
mod keys;
mod listen;
mod metrics;
#[cfg(test)]
mod openapi;
mod output;
mod reload;
mod secrets;
mod serve;
mod telemetry;
mod transfer;
mod websocket;

use clap::Parser;
use std::process::ExitCode;

/// Gives memory back within a second after a burst of streams (`.cargo/config.toml`): the system's
/// allocator kept twice as much, and took longer.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // What this process makes is its owner's alone: database, journal, lock, exports, secrets.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::print_error(&format!("openclaw-api: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
