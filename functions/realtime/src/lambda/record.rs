//! A session as it is saved in the store.

use super::LIMITS;
use crate::{Session, SessionAuth};
use bytes::Bytes;
use openclaw_aws::ConnectionAddress;
use openclaw_core::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Record {
    #[serde(rename = "around")]
    pub(super) state: RecordState,
    session: Box<RawValue>,
}

/// The state of a session beside its protocol.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct RecordState {
    #[serde(rename = "line")]
    pub(super) address: Option<ConnectionAddress>,
    /// Whether the connection is known to take messages.
    pub(super) is_open: bool,
    /// The id of the connection, or of the last one: its end may be told after messages to it failed.
    pub(super) connection: Option<String>,
    /// The authentication of the handshake, until the session knows of it.
    #[serde(rename = "grant")]
    pub(super) auth: Option<SessionAuth>,
    /// The session that the connection went on with.
    pub(super) moved: Option<String>,
    /// Whether requests run. A lease is released after their end: a record that is read with this set was
    /// left by an invocation that was killed.
    pub(super) is_busy: bool,
}

impl Record {
    pub(super) fn new(state: RecordState, session: &Session) -> Result<Self> {
        let text = String::from_utf8(session.save()).map_err(Error::internal)?;
        let session = RawValue::from_string(text).map_err(Error::internal)?;
        Ok(Self { state, session })
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
