//! `GET /ws`: the WebSocket (docs/websocket.md).
//!
//! - [`Session`]: the protocol, a pure state machine
//! - [`SessionBackend`]: authentication, places among the connections, calls of endpoints
//!
//! A request on the WebSocket is a call of its REST twin: counted, limited, accounted and answered
//! by the same code. What is left to a runtime is moving frames, and keeping a session that has lost its
//! connection.

mod answer;
mod backend;
mod call;
mod calls;
mod client_frame;
mod event;
#[cfg(feature = "lambda")]
mod lambda;
mod replay;
mod server_frame;
mod session;
#[cfg(feature = "worker")]
mod worker;

pub use backend::{Dispatch, SessionBackend};
pub use call::Call;
pub use calls::Calls;
pub use event::{Complete, Event};
#[cfg(feature = "lambda")]
pub use lambda::Realtime;
pub use session::{
    Close, Effect, Input, KeySecret, Limits, MAX_FIRST_FRAME, MAX_FRAME, MAX_RUNNING, Session,
    SessionAuth, TIME_TO_AUTHENTICATE,
};

use axum::{response::IntoResponse, routing::get};
use http::header;
use openclaw_core::Error;
use openclaw_web::{ApiError, Routes};

/// The prefix of the ids of sessions.
pub const SESSION: &str = "sess_";

/// The route, for requests that are no WebSocket handshake: 400.
pub fn router() -> Routes {
    Routes::new().route("/ws", get(no_upgrade))
}

/// The answer to a request that is no WebSocket handshake, or one of another version (RFC 6455, 4.2.2).
pub async fn no_upgrade() -> impl IntoResponse {
    let error = Error::invalid(
        "Upgrade",
        "must be websocket, version 13: this is a WebSocket's address",
    );
    ([(header::SEC_WEBSOCKET_VERSION, "13")], ApiError(error))
}
