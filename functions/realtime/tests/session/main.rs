//! The protocol without a runtime: frame by frame, and in any order.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: what fails shall panic"
)]

mod client;
mod hostile;
mod properties;
mod protocol;
