//! What only Lambda has: copies of a function, and operations of DynamoDB that are paid for.

mod copies;
mod emulator;
mod operations;
mod sockets;

use openclaw_conformance::harness::Target;

/// Whether these cases can run.
fn here() -> bool {
    Target::Lambda.is_chosen_or_skips("only Lambda has copies of functions, and DynamoDB")
}
