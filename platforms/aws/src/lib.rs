//! The ports on AWS Lambda and DynamoDB, and the way of an invocation into a function and out of it.

mod app;
mod blob;
mod calls;
mod connections;
mod dispatch;
mod dynamodb;
mod events;
mod failure;
mod http;
mod invocation;
mod jobs;
mod kv;
mod ledger;
mod log;
mod parameters;
mod retry;
mod run;
mod schedules;
mod session_store;
mod settings;
mod signed;
mod socket_payload;

pub use blob::S3Blob;
pub use connections::{ConnectionAddress, Connections, MAX_MESSAGE, Undelivered};
pub use dynamodb::client;
pub use events::{SelfInvocation, SessionServices, SessionWork, SocketEvent, SocketHandler};
pub use kv::DynamoKv;
pub use ledger::DynamoLedger;
pub use openclaw_web::Endpoints;
pub use run::{Mode, run, run_dispatcher, run_sockets};
pub use session_store::{LEASE_TIME, LeaseHolder, MAX_CONNECTION_TIME, SessionStore};
pub use settings::Settings;
pub use socket_payload::{RequestContext, SocketEventKind, SocketPayload};
