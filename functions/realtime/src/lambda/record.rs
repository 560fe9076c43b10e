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
    pub(super) line: Option<Line>,
    /// Whether the connection has taken a message.
    pub(super) is_open: bool,
    /// Of a handshake that was authenticated, until the session knows.
    pub(super) grant: Option<Grant>,
    /// Its connection went on with this session.
    pub(super) moved: Option<String>,
    /// Requests run: whoever lets go waits for their end, so where that is read somebody was killed.
    pub(super) is_busy: bool,
    session: Box<RawValue>,
}

impl Record {
    /// Of a connection that is not open yet.
    pub(super) fn born(line: Line, grant: Option<Grant>, session: &Session) -> Result<Self> {
        let record = Self::new(Some((&line, false)), None, session)?;
        Ok(Self { grant, ..record })
    }

    pub(super) fn new(
        line: Option<(&Line, bool)>,
        moved: Option<&str>,
        session: &Session,
    ) -> Result<Self> {
        let text = String::from_utf8(session.save()).map_err(Error::internal)?;
        Ok(Self {
            line: line.map(|(line, _)| line.clone()),
            is_open: line.is_some_and(|(_, is_open)| is_open),
            grant: None,
            moved: moved.map(str::to_owned),
            is_busy: session.is_busy(),
            session: RawValue::from_string(text).map_err(Error::internal)?,
        })
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
