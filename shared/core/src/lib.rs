//! What every other crate stands on: the ports (capabilities a runtime offers), the one error
//! table, identifiers, time and money.
//!
//! No I/O and no framework lives here. A port is a trait with the smallest set of operations that
//! Cloudflare Workers, AWS Lambda and the native server all do well; `platforms/*` implement them.

pub mod blob;
pub mod cache;
pub mod documents;
mod error;
mod http;
pub mod id;
pub mod json;
mod kv;
pub mod ledger;
mod money;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod queue;
mod retry_after;
mod runtime;
mod secret;
mod signer;
pub mod time;
mod timestamp;
mod trace;

pub use blob::Blob;
pub use error::{Code, Details, Error, Fault, ProviderNames, Result, StoreError};
pub use futures_util::future::BoxFuture;
pub use http::{ByteStream, Http, HttpError, HttpRequest, HttpResponse};
pub use kv::Kv;
pub use ledger::Ledger;
pub use money::{Money, Price};
pub use retry_after::retry_after;
pub use runtime::{Clock, Ports, Random, Spawn};
pub use secret::Secret;
pub use signer::{SignError, Signer};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use trace::{TraceContext, span_of};
