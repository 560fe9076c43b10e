//! What is left for whoever works on a session.

use crate::Grant;
use bytes::Bytes;
use openclaw_aws::{Line, Shelf};
use openclaw_core::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// A letter. Those of a connection say which: a session may have gone on with another.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Letter {
    /// A message.
    Text { from: String, text: String },
    /// The connection is gone.
    Closed { from: String, code: Option<u16> },
    /// Another session's connection wants to go on with this one.
    Attach(Attach),
    /// The answer.
    Attached { taken: bool },
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Attach {
    pub(super) line: Line,
    pub(super) grant: Grant,
    pub(super) last_seq: u64,
    /// The session that asks,
    pub(super) asking: String,
    /// and for how long it waits.
    pub(super) until: Timestamp,
}

impl Letter {
    pub(super) fn read(bytes: &Bytes) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Leaves it, in the order of `at` (Unix milliseconds) and `id`.
    pub(super) async fn leave(
        &self,
        shelf: &Shelf,
        session: &str,
        at: i64,
        id: &str,
    ) -> Result<()> {
        let letter = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(shelf.leave(session, at, id, letter.into()).await?)
    }
}
