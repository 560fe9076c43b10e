//! The stores on DynamoDB. `OPENCLAW_DYNAMODB_URL` names a DynamoDB Local; without it each test says
//! that it is skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "all of this is a test"
)]

mod contract;
mod failures;
mod local;
mod racing;
