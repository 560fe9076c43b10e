//! The ports on AWS Lambda and DynamoDB, and the way of an invocation into a function and out of it.

mod app;
mod connections;
mod dynamodb;
mod events;
mod failure;
mod http;
mod invocation;
mod kv;
mod ledger;
mod parameters;
mod patience;
mod run;
mod settings;
mod shelf;
mod signed;
mod socket;

pub use connections::{Connections, Line, MAX_MESSAGE, Undelivered};
pub use dynamodb::client;
pub use events::{Call, Gateway, Sockets, Told, Work};
pub use kv::DynamoKv;
pub use ledger::DynamoLedger;
pub use openclaw_web::Endpoints;
pub use run::{Mode, run, run_sockets};
pub use settings::Settings;
pub use shelf::{CONNECTION, Holder, LEASE, Shelf};
pub use socket::{Context, Kind, Socket};
