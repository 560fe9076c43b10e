//! Messages to the invocation that works on a session.

use crate::SessionAuth;
use bytes::Bytes;
use openclaw_aws::{ConnectionAddress, SessionStore};
use openclaw_core::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// A message to a session. Those from a connection name it: the session may have gone on with another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum SessionMessage {
    /// The client sent a text.
    Text { from: String, text: String },
    /// The connection is gone.
    Closed { from: String, code: Option<u16> },
    /// The connection of another session asks to go on with this one.
    Attach(Attach),
    /// The answer to [`SessionMessage::Attach`].
    Attached { taken: bool },
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Attach {
    #[serde(rename = "line")]
    pub(super) address: ConnectionAddress,
    #[serde(rename = "grant")]
    pub(super) auth: SessionAuth,
    pub(super) last_seq: u64,
    /// The session that asks.
    pub(super) asking: String,
    /// It waits for the answer until then.
    pub(super) until: Timestamp,
}

impl SessionMessage {
    pub(super) fn read(bytes: &Bytes) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Puts it into the store, where messages are taken in the order of `at` (Unix milliseconds) and `id`.
    pub(super) async fn put(
        &self,
        store: &SessionStore,
        session: &str,
        at: i64,
        id: &str,
    ) -> Result<()> {
        let message = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(store.put_message(session, at, id, message.into()).await?)
    }
}
