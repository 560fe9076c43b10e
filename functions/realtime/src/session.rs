//! The protocol of a session: what comes in, and what is to be done about it.
//!
//! Pure: no I/O, no clock of its own. A runtime feeds it [`Input`]s, in the order they happen, and
//! does what the [`Effect`]s say, in theirs.

use crate::{
    call::Call,
    event::Event,
    frame::{Frame, Refused, Resume},
    replay::{KEPT, Replay},
    reply::{self, Numbered, Reply, Said},
};
use bytes::Bytes;
use openclaw_core::{Code, Details, Error, Timestamp};
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

/// Why a connection is closed (RFC 6455, 7.4; from 4000 on our own).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Close {
    /// The server ends.
    GoingAway = 1001,
    /// A binary message.
    Binary = 1003,
    /// A frame over [`MAX_FRAME`].
    TooLong = 1009,
    /// The client does not read, or sends more than can wait.
    Overrun = 1013,
    /// Not authenticated, or wrongly.
    Unauthorized = 4401,
    /// The session was resumed on another connection.
    Resumed = 4409,
    /// Too many connections of the account.
    TooMany = 4429,
}

impl Close {
    /// The number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// For people.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "the server ends",
            Self::Binary => "text messages only",
            Self::TooLong => "the frame is too long",
            Self::Overrun => "too much is waiting",
            Self::Unauthorized => "not authenticated",
            Self::Resumed => "the session was resumed on another connection",
            Self::TooMany => "too many connections",
        }
    }
}

/// What a runtime lets a session do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames come in no particular order: what comes before `auth` waits for it.
    pub unordered: bool,
    /// Bytes of frames that are kept for a client that lost its line.
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

/// Who is on the line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Grant {
    /// The account's id.
    pub account: String,
    /// The key's id.
    pub key: String,
    /// When the key or token ends.
    pub expires_at: Option<Timestamp>,
    /// Its place among the account's connections.
    pub slot: u64,
}

/// What happens.
#[derive(Debug)]
pub enum Input<'a> {
    /// A text message.
    Text(&'a str),
    /// A binary message.
    Binary,
    /// A message over [`MAX_FRAME`].
    TooLong,
    /// The answer to [`Effect::Authenticate`].
    Authenticated(Result<Grant, Error>),
    /// Something about the request of that run.
    Event(u64, Event),
    /// The answer to [`Effect::Resume`] where that failed. Where it succeeded the connection is
    /// the other session's, and this one is told [`Input::Left`].
    NotResumed,
    /// The connection went on with another session.
    Left,
    /// Another connection goes on with this session, which [`Session::can_resume`] allowed. What
    /// is sent from now on is for that one.
    Attached(Grant, u64),
    /// The line is lost.
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

/// What is to be done, in this order.
#[derive(Debug)]
pub enum Effect {
    /// This is the next frame to the client.
    Send(Bytes),
    /// Find out whose credential this is, and tell [`Input::Authenticated`]; for the first time
    /// (`None`) a place among the account's connections is to be claimed.
    Authenticate(String, Option<Grant>),
    /// Make this call with a token of `key`, and tell the [`Event`]s of its answer.
    Start {
        /// Names the run; never used twice in a session.
        run: u64,
        /// The key's id.
        key: String,
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
        grant: Grant,
    },
    /// Claim the place for another [`Limits::lease`].
    Renew(Grant),
    /// Give the place back.
    Release(Grant),
    /// Close the connection.
    Close(Close),
    /// Forget the session.
    End,
}

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

/// A session as it is stored.
#[derive(Deserialize, Serialize)]
struct Stored {
    id: String,
    born: Timestamp,
    grant: Option<Grant>,
    renewal: Timestamp,
    line: Line,
    held: Vec<String>,
    wanted: Option<(String, u64)>,
    running: Vec<String>,
    runs: u64,
    last: u64,
    frames: Vec<(Timestamp, String)>,
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

    fn authenticated(&mut self, now: Timestamp, grant: Result<Grant, Error>) {
        self.waiting = Waiting::Nobody;
        match (grant, self.grant.take()) {
            (Ok(grant), known) => self.welcome(now, grant, known),
            (Err(error), Some(known)) if error.code == Code::Conflict => {
                self.grant = Some(known);
                self.refuse(now, None, &error);
            }
            (Err(error), known) => {
                self.grant = known;
                self.refuse(now, None, &error);
                self.close(
                    now,
                    match error.code {
                        Code::RateLimitExceeded => Close::TooMany,
                        _ => Close::Unauthorized,
                    },
                );
            }
        }
        self.unhold(now);
    }

    fn welcome(&mut self, now: Timestamp, grant: Grant, known: Option<Grant>) {
        if self.line != Line::Open {
            // The line was lost meanwhile, and nobody knows of the session.
            let claimed = known.is_none().then_some(grant);
            self.effects.extend(claimed.map(Effect::Release));
            self.grant = known;
            return;
        }
        if known.is_none() {
            self.renewal = now + self.limits.lease / 2;
        }
        self.say(&Reply::AuthOk {
            session: &self.id.clone(),
            account: &grant.account,
            expires_at: grant.expires_at,
        });
        self.grant = Some(grant.clone());
        if let Some(resume) = self.wanted.take() {
            self.resume(now, resume, grant);
        }
    }

    fn resume(&mut self, now: Timestamp, resume: Resume, grant: Grant) {
        let Resume { session, last_seq } = resume;
        if session == self.id {
            return match self.can_resume(&grant.key, last_seq) {
                true => self.replay_behind(last_seq),
                false => self.say_not_resumed(),
            };
        }
        if !self.running.is_empty() {
            let message = "This session has requests of its own: resume before sending any";
            return self.refuse(now, None, &Error::new(Code::Conflict, message));
        }
        self.waiting = Waiting::Resumption;
        self.effects.push(Effect::Resume {
            session,
            last_seq,
            grant,
        });
    }

    fn not_resumed(&mut self, now: Timestamp) {
        self.waiting = Waiting::Nobody;
        if self.line == Line::Open {
            self.say_not_resumed();
        }
        self.unhold(now);
    }

    fn say_not_resumed(&mut self) {
        self.say(&Reply::Reconnected {
            session: &self.id.clone(),
            resumed: false,
            replayed: 0,
        });
    }

    fn attached(&mut self, now: Timestamp, grant: Grant, last_seq: u64) {
        self.release();
        self.grant = Some(grant);
        self.renewal = now + self.limits.lease / 2;
        self.line = Line::Open;
        self.replay_behind(last_seq);
    }

    fn replay_behind(&mut self, last_seq: u64) {
        let missed = self.replay.behind(last_seq);
        self.say(&Reply::Reconnected {
            session: &self.id.clone(),
            resumed: true,
            replayed: missed.len(),
        });
        self.effects.extend(missed.into_iter().map(Effect::Send));
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

    fn request(&mut self, now: Timestamp, id: String, call: Call) {
        if self.is_running(&id) {
            let details = Details::Field {
                field: "id".into(),
                issue: format!("is that of a request that runs: '{id}'"),
            };
            let error = Error::new(Code::Conflict, "A request of this id runs");
            return self.refuse(now, None, &error.with_details(details));
        }
        match self.admit(now) {
            Err(error) => self.refuse(now, Some(id), &error),
            Ok(key) => {
                self.runs += 1;
                let run = self.runs;
                self.running.insert(run, id);
                self.effects.push(Effect::Start { run, key, call });
            }
        }
    }

    /// The id of the key that pays.
    fn admit(&self, now: Timestamp) -> Result<String, Error> {
        let grant = self
            .grant
            .as_ref()
            .ok_or_else(|| Error::unauthorized("Send auth first"))?;
        if grant.expires_at.is_some_and(|end| end <= now) {
            let message = "The token or key has expired: send auth again";
            return Err(Error::unauthorized(message));
        }
        if self.ending {
            let message = "The server is going to end: connect again";
            return Err(Error::new(Code::ProviderUnavailable, message));
        }
        if self.running.len() >= MAX_RUNNING {
            let message = format!("At most {MAX_RUNNING} requests run on a session at once");
            let details = Details::RateLimit {
                limit: MAX_RUNNING as u64,
                reset_time: now.to_string(),
            };
            return Err(Error::new(Code::RateLimitExceeded, message).with_details(details));
        }
        Ok(grant.key.clone())
    }

    fn cancel(&mut self, now: Timestamp, id: &str) {
        let run = self.running.iter().find(|(_, running)| *running == id);
        let Some(run) = run.map(|(run, _)| *run) else {
            let issue = "names no request that runs";
            let details = Details::Field {
                field: "id".into(),
                issue: issue.into(),
            };
            let error = Error::not_found("request").with_details(details);
            return self.refuse(now, None, &error);
        };
        self.effects.push(Effect::Cancel(run));
        let error = Error::new(Code::Cancelled, "The request was cancelled");
        self.event(now, run, Event::Failed(reply::error(&error)));
    }

    fn event(&mut self, now: Timestamp, run: u64, event: Event) {
        let Some(id) = self.running.get(&run).cloned() else {
            return;
        };
        if event.is_last() {
            self.running.remove(&run);
        }
        self.number(now, &id, event.said());
        if self.ending && self.running.is_empty() {
            self.close(now, Close::GoingAway);
            self.end();
        }
    }

    fn is_running(&self, id: &str) -> bool {
        self.running.values().any(|running| running == id)
    }

    /// Says that a frame cannot be taken. With an id that ends a request of that id, so it must not
    /// be one that runs.
    fn refuse(&mut self, now: Timestamp, id: Option<String>, error: &Error) {
        let error = reply::error(error);
        match id.filter(|id| !self.is_running(id)) {
            Some(id) => self.number(now, &id, Said::Error { error: &error }),
            None => self.say(&Reply::Error { error: &error }),
        }
    }

    /// Sends a frame about a request, and keeps it.
    fn number(&mut self, now: Timestamp, id: &str, said: Said<'_>) {
        let seq = self.replay.last() + 1;
        let frame = reply::text(&Numbered { id, seq, said });
        if self.line == Line::Open {
            self.replay.trim(now);
            self.effects.push(Effect::Send(frame.clone()));
        }
        self.replay.push(now, frame, self.limits.replay);
    }

    fn say(&mut self, reply: &Reply<'_>) {
        self.effects.push(Effect::Send(reply::text(reply)));
    }

    fn tick(&mut self, now: Timestamp) {
        match (self.line, &self.grant) {
            (Line::Lost(since), _) if since + KEPT <= now => return self.end(),
            (Line::Open, None) if self.deadline().is_some_and(|end| end <= now) => {
                let error = Error::unauthorized("No auth came within 10 s");
                self.refuse(now, None, &error);
                return self.close(now, Close::Unauthorized);
            }
            (Line::Open, Some(grant)) if self.renewal <= now => {
                self.effects.push(Effect::Renew(grant.clone()));
                self.renewal = now + self.limits.lease / 2;
            }
            _ => {}
        }
        // A client without a line may ask for any of them until it is too late altogether.
        if self.line == Line::Open {
            self.replay.trim(now);
        }
    }

    fn shutdown(&mut self, now: Timestamp) {
        if !self.ending && self.line == Line::Open {
            let reason = "server_shutdown";
            self.say(&Reply::Reconnect { reason });
        }
        self.ending = true;
        if self.running.is_empty() {
            self.close(now, Close::GoingAway);
            self.end();
        }
    }

    /// Closes the connection; what runs goes on until somebody resumes, or nobody does.
    fn close(&mut self, now: Timestamp, why: Close) {
        if self.line == Line::Open {
            self.effects.push(Effect::Close(why));
            self.lost(now);
        }
    }

    fn lost(&mut self, now: Timestamp) {
        if self.line != Line::Open {
            return;
        }
        self.release();
        self.line = Line::Lost(now);
        // Nobody could name it.
        if self.grant.is_none() {
            self.end();
        }
    }

    fn release(&mut self) {
        if let (Line::Open, Some(grant)) = (self.line, &self.grant) {
            self.effects.push(Effect::Release(grant.clone()));
        }
    }

    fn end(&mut self) {
        if self.line == Line::Ended {
            return;
        }
        self.line = Line::Ended;
        let running = take(&mut self.running);
        self.effects.extend(running.into_keys().map(Effect::Cancel));
        self.effects.push(Effect::End);
    }

    /// For [`Session::load`].
    pub fn save(&self) -> Vec<u8> {
        let frames = self.replay.frames();
        let stored = Stored {
            id: self.id.clone(),
            born: self.born,
            grant: self.grant.clone(),
            renewal: self.renewal,
            line: self.line,
            held: self.held.clone(),
            wanted: self.wanted.clone().map(|it| (it.session, it.last_seq)),
            running: self.running.values().cloned().collect(),
            runs: self.runs,
            last: self.replay.last(),
            frames: frames
                .map(|(at, frame)| (*at, String::from_utf8_lossy(frame).into_owned()))
                .collect(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// A session as [`Session::save`] left it. Requests that ran then have been cut off: errors
    /// say so with the next step.
    pub fn load(saved: &[u8], now: Timestamp, limits: Limits) -> Result<Self, Error> {
        let stored: Stored = openclaw_core::json::read(saved).map_err(Error::internal)?;
        let frames = stored.frames.into_iter();
        let frames = frames.map(|(at, frame)| (at, Bytes::from(frame))).collect();
        let wanted = stored.wanted;
        let mut session = Self {
            grant: stored.grant,
            renewal: stored.renewal,
            line: stored.line,
            held: stored.held,
            wanted: wanted.map(|(session, last_seq)| Resume { session, last_seq }),
            runs: stored.runs,
            replay: Replay::restore(stored.last, frames),
            ..Self::new(stored.id, stored.born, limits)
        };
        let message = "The request was cut off";
        let error = reply::error(&Error::new(Code::Internal, message));
        for id in stored.running {
            session.number(now, &id, Said::Error { error: &error });
        }
        Ok(session)
    }
}
