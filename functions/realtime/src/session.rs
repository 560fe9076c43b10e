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
pub use exchange::{Effect, Grant, Input, Limits};

use crate::{
    frame::{Frame, Refused, Resume},
    replay::{KEPT, Replay},
    reply::Reply,
};
use openclaw_core::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, mem::take, time::Duration};

/// The longest frame of a client, in bytes: 1 MiB.
pub const MAX_FRAME: usize = 1 << 20;

/// Requests that run on a session at once.
pub const MAX_RUNNING: usize = 32;

/// How long a new connection may take to authenticate.
pub const TIME_TO_AUTHENTICATE: Duration = Duration::from_secs(10);

/// Frames that wait for an answer of the runtime, at most.
const MAX_HELD: usize = 64;

/// Where the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
enum Line {
    Open,
    Lost(Timestamp),
    Ended,
}

/// Whose answer is waited for.
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
    grant: Option<Grant>,
    renewal: Timestamp,
    line: Line,
    waiting: Waiting,
    held: Vec<String>,
    wanted: Option<Resume>,
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
            grant: None,
            renewal: now,
            line: Line::Open,
            waiting: Waiting::Nobody,
            held: Vec::new(),
            wanted: None,
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

    /// Whether somebody is on the line and known.
    pub const fn is_authenticated(&self) -> bool {
        self.grant.is_some()
    }

    /// Whether a connection of `key` may go on with it behind the frame `last_seq`.
    pub fn can_resume(&self, key: &str, last_seq: u64) -> bool {
        let is_theirs = self.grant.as_ref().is_some_and(|grant| grant.key == key);
        is_theirs && self.line != Line::Ended && !self.ending && self.replay.reaches(last_seq)
    }

    /// When it wants [`Input::Tick`].
    pub fn deadline(&self) -> Option<Timestamp> {
        let line = match (self.line, &self.grant) {
            (Line::Ended, _) => return None,
            (Line::Lost(since), _) => since + KEPT,
            (Line::Open, Some(_)) => self.renewal,
            (Line::Open, None) if self.waiting == Waiting::Authentication => return None,
            (Line::Open, None) => self.born + TIME_TO_AUTHENTICATE,
        };
        Some(self.replay.stale().map_or(line, |stale| stale.min(line)))
    }

    /// What is to be done about `input`.
    pub fn step(&mut self, now: Timestamp, input: Input<'_>) -> Vec<Effect> {
        match input {
            Input::Text(text) => self.text(now, text),
            Input::Binary => self.close(now, Close::Binary),
            Input::TooLong => self.close(now, Close::TooLong),
            Input::Authenticated(grant) => self.authenticated(now, grant),
            Input::Event(run, event) => self.event(now, run, event),
            Input::NotResumed => self.not_resumed(now),
            // Its place among the connections went with it.
            Input::Left => self.end(),
            Input::Attached(grant, last_seq) => self.attached(now, grant, last_seq),
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

    /// The messages that wait for an answer, for whom the connection goes on with.
    pub fn take_held(&mut self) -> Vec<String> {
        take(&mut self.held)
    }

    fn text(&mut self, now: Timestamp, text: &str) {
        if self.line != Line::Open {
            return;
        }
        if text.len() > MAX_FRAME {
            return self.close(now, Close::TooLong);
        }
        if self.waiting != Waiting::Nobody {
            return self.hold(now, text);
        }
        match Frame::parse(text) {
            Ok(frame) if self.must_wait(&frame) => self.hold(now, text),
            Ok(frame) => self.frame(now, frame),
            Err(Refused { id, error }) => self.refuse(now, id, &error),
        }
    }

    /// Whether a frame may have overtaken the `auth` that it needs.
    fn must_wait(&self, frame: &Frame) -> bool {
        let needs = matches!(frame, Frame::Request { .. } | Frame::Cancel { .. });
        needs && self.limits.unordered && self.grant.is_none()
    }

    fn hold(&mut self, now: Timestamp, text: &str) {
        let waiting: usize = self.held.iter().map(String::len).sum();
        if self.held.len() >= MAX_HELD || waiting + text.len() > MAX_FRAME {
            return self.close(now, Close::Overrun);
        }
        self.held.push(text.into());
    }

    fn frame(&mut self, now: Timestamp, frame: Frame) {
        match frame {
            Frame::Ping => self.say(&Reply::Pong { timestamp: now }),
            Frame::Auth { token } => {
                self.waiting = Waiting::Authentication;
                let known = self.grant.clone();
                self.effects.push(Effect::Authenticate(token, known));
            }
            Frame::Reconnect(None) => self.say_not_resumed(),
            Frame::Reconnect(Some(resume)) => match self.grant.clone() {
                Some(grant) => self.resume(now, resume, grant),
                None => self.wanted = Some(resume),
            },
            Frame::Cancel { id } => self.cancel(now, &id),
            Frame::Request { id, call } => self.request(now, id, call),
        }
    }

    /// Handles what was held back, up to the next that makes it wait.
    fn unhold(&mut self, now: Timestamp) {
        let mut held = take(&mut self.held).into_iter();
        while self.waiting == Waiting::Nobody {
            match held.next() {
                Some(text) => self.text(now, &text),
                None => return,
            }
        }
        self.held.extend(held);
    }
}
