//! Providers from outside: a catalog, scripted upstreams, and a clock that jumps.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    clippy::unwrap_used,
    reason = "tests: fixtures are files, and what fails shall panic"
)]

mod answers;
mod anthropic;
mod bedrock;
mod catalog;
mod fakes;
mod fixtures;
mod gemini;
mod invoices;
mod requests;
mod round_trip;
mod routing;
mod streams;
mod vendors;
mod vertex;
mod whole_request;
mod world;
