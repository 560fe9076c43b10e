//! What only the self-hosted server promises: its process, its data folder, its commands.

mod clients;
mod commands;
mod container;
mod http;
mod metrics;
mod refusals;
mod shutdown;
mod start;
mod telemetry;

use openclaw_conformance::harness::Target;

/// Whether these cases can run.
fn here() -> bool {
    Target::Native.is_chosen_or_skips("only the native runtime is a process with a data folder")
}
