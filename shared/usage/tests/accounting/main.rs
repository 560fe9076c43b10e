//! Reservation, settlement, lease, orphans and report against the in-memory ledger.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod analytics;
mod archive;
mod balance;
mod fixture;
mod lease;
mod requests;
mod rollups;
mod rounds;
mod running;
mod threshold;
