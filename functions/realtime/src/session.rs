//! The protocol of a session: what comes in, and what is to be done about it.
//!
//! Pure: no I/O, no clock of its own. A runtime feeds it [`Input`]s, in the order they happen, and
//! does what the [`Effect`]s say, in theirs.

mod close;
mod connection;
mod exchange;
mod requests;
mod stored;

pub use close::Close;
pub use exchange::{Effect, Input, KeySecret, Limits, SessionAuth};

use crate::{
    client_frame::{ClientFrame, Refused, Resume},
    replay::{KEPT, Replay},
    server_frame::ConnectionFrame,
};
use openclaw_core::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, mem::take, time::Duration};

/// The longest frame of a client, in bytes: 1 MiB.
pub const MAX_FRAME: usize = 1 << 20;

/// The longest frame of a client that has not authenticated, in bytes: 16 KiB.
pub const MAX_FIRST_FRAME: usize = 16 << 10;

/// Requests that run on a session at once.
pub const MAX_RUNNING: usize = 32;

/// How long a new connection may take to authenticate.
pub const TIME_TO_AUTHENTICATE: Duration = Duration::from_secs(10);

/// Frames that may be deferred while a session waits for an answer of its runtime.
const MAX_DEFERRED: usize = 64;

/// Whether a session has a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
enum ConnectionState {
    Open,
    Lost(Timestamp),
    Ended,
}

/// The answer of the runtime that a session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    Nobody,
    Authentication,
    Resumption,
}

/// A session.
#[derive(Debug)]
pub struct Session {
    id: String,
    limits: Limits,
    born: Timestamp,
    auth: Option<SessionAuth>,
    renewal: Timestamp,
    connection: ConnectionState,
    waiting: Waiting,
    deferred: Vec<String>,
    pending_resume: Option<Resume>,
    running: BTreeMap<u64, String>,
    runs: u64,
    replay: Replay,
    ending: bool,
    effects: Vec<Effect>,
}

impl Session {
    /// Of a connection that was just opened.
    pub fn new(id: String, now: Timestamp, limits: Limits) -> Self {
        Self {
            id,
            limits,
            born: now,
            auth: None,
            renewal: now,
            connection: ConnectionState::Open,
            waiting: Waiting::Nobody,
            deferred: Vec::new(),
            pending_resume: None,
            running: BTreeMap::new(),
            runs: 0,
            replay: Replay::default(),
            ending: false,
            effects: Vec::new(),
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether it cannot be put aside: requests run, or an answer is waited for.
    pub fn is_busy(&self) -> bool {
        !self.running.is_empty() || self.waiting != Waiting::Nobody
    }

    /// Whether the client is known.
    pub const fn is_authenticated(&self) -> bool {
        self.auth.is_some()
    }

    /// Whether a connection of `key` may go on with it after the frame `last_seq`.
    pub fn can_resume(&self, key: &str, last_seq: u64) -> bool {
        let is_theirs = self.auth.as_ref().is_some_and(|auth| auth.key == key);
        is_theirs
            && self.connection != ConnectionState::Ended
            && !self.ending
            && self.replay.reaches(last_seq)
    }

    /// When it wants [`Input::Tick`].
    pub fn deadline(&self) -> Option<Timestamp> {
        let connection = match (self.connection, &self.auth) {
            (ConnectionState::Ended, _) => return None,
            (ConnectionState::Lost(since), _) => since + KEPT,
            (ConnectionState::Open, Some(_)) => self.renewal,
            (ConnectionState::Open, None) if self.waiting == Waiting::Authentication => {
                return None;
            }
            (ConnectionState::Open, None) => self.born + TIME_TO_AUTHENTICATE,
        };
        Some(
            self.replay
                .stale()
                .map_or(connection, |stale| stale.min(connection)),
        )
    }

    /// Takes in `input`; the effects are to be carried out in their order.
    pub fn step(&mut self, now: Timestamp, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Text(text) => self.text(now, text),
            Input::Binary => self.close(now, Close::Binary),
            Input::TooLong => self.close(now, Close::TooLong),
            Input::Authenticated(auth) => self.authenticated(now, auth),
            Input::Event(run, event) => self.event(now, run, event),
            Input::NotResumed => self.not_resumed(now),
            // Its place among the connections went with it.
            Input::Left => self.end(),
            Input::Attached(auth, last_seq) => self.attached(now, auth, last_seq),
            Input::Lost => self.lost(now),
            // Normal closure (RFC 6455, 7.4.1): the client is done.
            Input::Closed(Some(1000)) => {
                self.release();
                self.end();
            }
            Input::Closed(_) => self.lost(now),
            Input::Overrun => {
                self.close(now, Close::Overrun);
                self.end();
            }
            Input::Tick => self.tick(now),
            Input::Shutdown => self.shutdown(now),
        }
        take(&mut self.effects)
    }

    /// The messages that were deferred, for the session that the connection goes on with.
    pub fn take_deferred(&mut self) -> Vec<String> {
        take(&mut self.deferred)
    }

    fn text(&mut self, now: Timestamp, text: &str) {
        if self.connection != ConnectionState::Open {
            return;
        }
        if text.len() > self.max_frame() {
            return self.close(now, Close::TooLong);
        }
        if self.waiting != Waiting::Nobody {
            return self.defer(now, text);
        }
        match ClientFrame::parse(text) {
            Ok(frame) if self.must_wait(&frame) => self.defer(now, text),
            Ok(frame) => self.frame(now, frame),
            Err(Refused { id, error }) => self.refuse(now, id, &error),
        }
    }

    /// The longest frame that is taken now. What is sent right after `auth` may be as long as any.
    fn max_frame(&self) -> usize {
        match (&self.auth, self.waiting) {
            (None, Waiting::Nobody) => MAX_FIRST_FRAME,
            _ => MAX_FRAME,
        }
    }

    /// Whether a frame may have overtaken the `auth` that it needs.
    fn must_wait(&self, frame: &ClientFrame) -> bool {
        let needs = matches!(
            frame,
            ClientFrame::Request { .. } | ClientFrame::Cancel { .. }
        );
        needs && self.limits.unordered && self.auth.is_none()
    }

    fn defer(&mut self, now: Timestamp, text: &str) {
        let waiting: usize = self.deferred.iter().map(String::len).sum();
        if self.deferred.len() >= MAX_DEFERRED || waiting + text.len() > MAX_FRAME {
            return self.close(now, Close::Overrun);
        }
        self.deferred.push(text.into());
    }

    fn frame(&mut self, now: Timestamp, frame: ClientFrame) {
        match frame {
            ClientFrame::Ping => self.send(&ConnectionFrame::Pong { timestamp: now }),
            ClientFrame::Auth { token } => {
                self.waiting = Waiting::Authentication;
                let known = self.auth.clone();
                self.effects.push(Effect::Authenticate(token, known));
            }
            ClientFrame::Reconnect(None) => self.send_not_resumed(),
            ClientFrame::Reconnect(Some(resume)) => match self.auth.clone() {
                Some(auth) => self.resume(now, resume, auth),
                None => self.pending_resume = Some(resume),
            },
            ClientFrame::Cancel { id } => self.cancel(now, &id),
            ClientFrame::Request { id, call } => self.request(now, id, call),
        }
    }

    /// Handles the deferred messages, up to the next one that makes the session wait.
    fn handle_deferred(&mut self, now: Timestamp) {
        let mut deferred = take(&mut self.deferred).into_iter();
        while self.waiting == Waiting::Nobody {
            match deferred.next() {
                Some(text) => self.text(now, &text),
                None => return,
            }
        }
        self.deferred.extend(deferred);
    }
}
