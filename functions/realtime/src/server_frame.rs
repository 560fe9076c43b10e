//! The frames that the server sends.

use bytes::Bytes;
use openclaw_core::{Error, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

/// A frame that belongs to no request.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ConnectionFrame<'a> {
    AuthOk {
        session: &'a str,
        account: &'a str,
        expires_at: Option<Timestamp>,
    },
    Pong {
        timestamp: Timestamp,
    },
    Reconnected {
        session: &'a str,
        resumed: bool,
        replayed: usize,
    },
    Reconnect {
        reason: &'a str,
    },
    Error {
        error: &'a RawValue,
    },
}

/// A frame about a request.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum RequestFrame<'a> {
    ChatChunk {
        content: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        reasoning: &'a str,
        finished: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        tool_calls: Option<&'a RawValue>,
    },
    ChatComplete {
        content: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        reasoning: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        tool_calls: Option<&'a RawValue>,
        model: &'a str,
        finish_reason: &'a str,
        usage: Option<&'a RawValue>,
    },
    SkillResult {
        result: &'a RawValue,
    },
    WorkflowProgress {
        step: u64,
        total_steps: u64,
        status: &'a str,
    },
    WorkflowComplete {
        result: &'a RawValue,
    },
    Error {
        error: &'a RawValue,
    },
}

/// A frame about a request, with the request's id and the frame's number.
#[derive(Serialize)]
pub(crate) struct NumberedFrame<'a> {
    pub(crate) id: &'a str,
    pub(crate) seq: u64,
    #[serde(flatten)]
    pub(crate) frame: RequestFrame<'a>,
}

/// The text of a frame.
pub(crate) fn text(frame: &impl Serialize) -> Bytes {
    // Our own types always serialize; if one did not, an empty object would say so.
    serde_json::to_vec(frame).map_or_else(|_| Bytes::from_static(b"{}"), Bytes::from)
}

/// An error as REST shows it.
pub(crate) fn error(error: &Error) -> Box<RawValue> {
    serde_json::value::to_raw_value(&error.body()).unwrap_or_default()
}
