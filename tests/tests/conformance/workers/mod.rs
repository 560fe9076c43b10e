//! What only Workers have: a configuration in KV, caches of isolates.

mod configuration;
mod isolates;

use openclaw_conformance::harness::Target;

/// Whether these cases can run.
fn here() -> bool {
    Target::Workers.is_chosen_or_skips("only Workers have isolates, and a configuration in KV")
}
