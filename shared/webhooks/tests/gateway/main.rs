//! Events on their way to their endpoints, by a clock of the test: what an event costs, processes that
//! die, receivers that are down for hours and days.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

mod cost;
mod crashes;
mod downtime;
mod fixture;
mod retention;
