//! `GET /ws`: the WebSocket (docs/websocket.md).
//!
//! - [`Session`]: the protocol, a pure state machine
//! - [`Desk`]: what a session asks of the gateway: who calls, a place, the answer of an endpoint
//!
//! A request on the WebSocket is a call of its REST twin: counted, limited, accounted and answered
//! by the same code. What is left to a runtime is moving frames, and keeping a session that nobody
//! is on the line of.

mod answer;
mod call;
mod calls;
mod desk;
mod event;
mod frame;
#[cfg(feature = "lambda")]
mod lambda;
mod replay;
mod reply;
mod session;
mod tool_calls;
#[cfg(feature = "worker")]
mod worker;

pub use call::Call;
pub use calls::Calls;
pub use desk::{Desk, Dispatch};
pub use event::{Complete, Event};
#[cfg(feature = "lambda")]
pub use lambda::Realtime;
pub use session::{
    Close, Effect, Grant, Input, Limits, MAX_FRAME, MAX_RUNNING, Session, TIME_TO_AUTHENTICATE,
};

use axum::{response::IntoResponse, routing::get};
use http::header;
use openclaw_core::Error;
use openclaw_web::{ApiError, Routes};

/// What ids of sessions begin with.
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
