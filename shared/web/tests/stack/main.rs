//! The whole stack around a few routes, on ports in memory.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod bodies;
mod callers;
mod idempotency;
mod site;
