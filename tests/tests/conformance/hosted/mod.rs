//! What a gateway in somebody's cloud has: a configuration in its key-value store, caches in many
//! processes.

mod configuration;
mod isolates;

use openclaw_conformance::harness::Target;

/// Whether these cases can run.
fn here() -> bool {
    Target::is_hosted_or_skips(
        "the native server is one process and has its configuration in a file",
    )
}
