//! Runs over ports in memory, killed and doubled.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "all of this is a test"
)]

mod engine;
mod fixture;
mod kills;
mod operations;
mod schedules;
