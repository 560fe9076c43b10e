//! A session as it lies on the shelf.

use super::LIMITS;
use crate::{Grant, Session};
use bytes::Bytes;
use openclaw_aws::Line;
use openclaw_core::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Record {
    pub(super) around: Around,
    session: Box<RawValue>,
}

/// What is around the session.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Around {
    pub(super) line: Option<Line>,
    /// Whether the line is known to take messages.
    pub(super) is_open: bool,
    /// The connection whose end is waited for: that of the line, or of the last one. Messages to it may
    /// fail before its end is told.
    pub(super) connection: Option<String>,
    /// Of a handshake that was authenticated, until the session knows.
    pub(super) grant: Option<Grant>,
    /// The connection went on with this session.
    pub(super) moved: Option<String>,
    /// Something runs. Whoever lets go waits for its end: where that is read somebody was killed.
    pub(super) is_busy: bool,
}

impl Record {
    pub(super) fn new(around: Around, session: &Session) -> Result<Self> {
        let text = String::from_utf8(session.save()).map_err(Error::internal)?;
        let session = RawValue::from_string(text).map_err(Error::internal)?;
        Ok(Self { around, session })
    }

    pub(super) fn read(bytes: &Bytes) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(Error::internal)
    }

    pub(super) fn to_bytes(&self) -> Result<Bytes> {
        Ok(serde_json::to_vec(self).map_err(Error::internal)?.into())
    }

    pub(super) fn session(&self, now: Timestamp) -> Result<Session> {
        Session::load(self.session.get().as_bytes(), now, LIMITS)
    }
}
