//! The inputs and effects that a session and its runtime exchange.

use super::Close;
use crate::{call::Call, event::Event};
use bytes::Bytes;
use openclaw_core::{Error, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The limits that a runtime sets a session.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames come in no particular order: what comes before `auth` waits for it.
    pub unordered: bool,
    /// Bytes of frames that are kept for a client that lost its connection.
    pub replay: usize,
    /// For how long a place among the account's connections is claimed at a time.
    pub lease: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unordered: false,
            replay: 1 << 20,
            lease: Duration::from_secs(300),
        }
    }
}

/// Who a connection belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct SessionAuth {
    /// The account's id.
    pub account: String,
    /// The key's id.
    pub key: String,
    /// The number of the key's secret that was shown.
    #[serde(default)]
    pub generation: u64,
    /// When the key or token ends.
    pub expires_at: Option<Timestamp>,
    /// Its place among the account's connections.
    pub slot: u64,
}

impl SessionAuth {
    /// The secret that was shown.
    pub fn secret(&self) -> KeySecret {
        KeySecret {
            key: self.key.clone(),
            generation: self.generation,
        }
    }
}

/// One of the secrets that a key has or had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySecret {
    /// The key's id.
    pub key: String,
    /// The secret's number.
    pub generation: u64,
}

/// An event for a session.
#[derive(Debug)]
pub enum Input<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary,
    /// A message over [`MAX_FRAME`](super::MAX_FRAME).
    TooLong,
    /// The answer to [`Effect::Authenticate`].
    Authenticated(Result<SessionAuth, Error>),
    /// Something about the request of that run.
    Event(u64, Event),
    /// The answer to [`Effect::Resume`] where that failed. Where it succeeded the connection is
    /// the other session's, and this one is told [`Input::Left`].
    NotResumed,
    /// The connection went on with another session.
    Left,
    /// Another connection goes on with this session, which [`Session::can_resume`] allowed. What
    /// is sent from now on is for that one.
    Attached(SessionAuth, u64),
    /// The connection is lost.
    Lost,
    /// The client closed the connection, with this code if it gave any.
    Closed(Option<u16>),
    /// More is waiting for the client than may.
    Overrun,
    /// [`Session::deadline`] has come.
    Tick,
    /// The server is going to end.
    Shutdown,
}

/// Work for the runtime, to be done in this order.
#[derive(Debug)]
pub enum Effect {
    /// This is the next frame to the client.
    Send(Bytes),
    /// Find out whose credential this is, and tell [`Input::Authenticated`]; for the first time
    /// (`None`) a place among the account's connections is to be claimed.
    Authenticate(String, Option<SessionAuth>),
    /// Make this call with a token of that secret, and tell the [`Event`]s of its answer.
    Start {
        /// Names the run; never used twice in a session.
        run: u64,
        /// The secret that the connection was opened with.
        key: KeySecret,
        /// The call.
        call: Call,
    },
    /// Drop that call.
    Cancel(u64),
    /// Go on with another session.
    Resume {
        /// Its id.
        session: String,
        /// The number of the last frame that arrived.
        last_seq: u64,
        /// Who asks.
        auth: SessionAuth,
    },
    /// Claim the place for another [`Limits::lease`].
    Renew(SessionAuth),
    /// Give the place back.
    Release(SessionAuth),
    /// Close the connection.
    Close(Close),
    /// Forget the session.
    End,
}
