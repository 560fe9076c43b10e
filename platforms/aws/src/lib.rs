//! The ports on AWS Lambda and DynamoDB, and the way of an invocation into a function and out of it.

mod app;
mod dynamodb;
mod failure;
mod http;
mod invocation;
mod kv;
mod ledger;
mod parameters;
mod patience;
mod run;
mod settings;

pub use dynamodb::client;
pub use kv::DynamoKv;
pub use ledger::DynamoLedger;
pub use run::{Mode, run};
pub use settings::Settings;
