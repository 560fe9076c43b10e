//! The black-box conformance suite: what it drives and what it drives against.
//!
//! - [`upstream`]: a provider that can be told to misbehave, and the mock of the benchmark.
//! - [`lambda`]: Lambda and API Gateway on this machine.
//! - [`harness`]: the gateway under test, chosen by `OPENCLAW_TARGET`, and a small client.
//!
//! The cases are in `tests/conformance`, one file for a resource and verb.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test harness: what goes wrong here is a failed test and says so by panicking"
)]

pub mod harness;
pub mod lambda;
pub mod upstream;
