//! The axum glue between a runtime's entry and the handlers: the middleware stack, the
//! extractors, and how an error becomes a response.
//!
//! A function offers [`Routes`], each group of them protected by one [`AuthLayer`]: who may call and
//! where the request is counted. [`stack`] puts what every response needs around them: request id, CORS, one log line for what went wrong. Nothing here knows on
//! which runtime it runs.

mod address;
mod app;
mod attempts;
mod audit;
mod auth_layer;
mod body;
mod configured;
mod cors;
mod credential;
mod documents;
mod error;
mod full;
mod idempotency;
mod in_process;
mod query;
mod quota;
mod request_id;
mod routes;
mod stack;

pub use address::{ClientAddress, Peer};
pub use app::App;
pub use audit::audit_log;
pub use auth_layer::{Access, AuthLayer};
pub use body::{
    BodyStream, Json, MAX_BODY, RawBody, RawJson, SecretJson, Writes, media_type, streamed,
};
pub use configured::{Consumers, Endpoints, app_of, not_configured};
pub use credential::presented;
pub use documents::{CONFIG, Documents, OVERLAY, Origin, Parsed, sealed_place};
pub use error::{ApiError, Result};
pub use in_process::InProcess;
pub use query::{Id, Query};
pub use quota::{RequestQuota, RouteHeaders};
pub use request_id::RequestId;
pub use routes::Routes;
pub use stack::stack;
