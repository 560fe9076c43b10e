//! The requests of a session, and what is frame about them.

use super::{Close, ConnectionState, Effect, KeySecret, MAX_RUNNING, Session};
use crate::{
    call::Call,
    event::Event,
    server_frame::{self, ConnectionFrame, NumberedFrame, RequestFrame},
};
use openclaw_core::{Code, Details, Error, Timestamp};

impl Session {
    pub(super) fn request(&mut self, now: Timestamp, id: String, call: Call) {
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

    /// The secret of the key that pays.
    fn admit(&self, now: Timestamp) -> Result<KeySecret, Error> {
        let auth = self
            .auth
            .as_ref()
            .ok_or_else(|| Error::unauthorized("Send auth first"))?;
        if auth.expires_at.is_some_and(|end| end <= now) {
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
        Ok(auth.secret())
    }

    pub(super) fn cancel(&mut self, now: Timestamp, id: &str) {
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
        self.event(now, run, Event::Failed(server_frame::error(&error)));
    }

    pub(super) fn event(&mut self, now: Timestamp, run: u64, event: Event) {
        let Some(id) = self.running.get(&run).cloned() else {
            return;
        };
        if event.is_last() {
            self.running.remove(&run);
        }
        self.send_numbered(now, &id, event.to_frame());
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
    pub(super) fn refuse(&mut self, now: Timestamp, id: Option<String>, error: &Error) {
        let error = server_frame::error(error);
        match id.filter(|id| !self.is_running(id)) {
            Some(id) => self.send_numbered(now, &id, RequestFrame::Error { error: &error }),
            None => self.send(&ConnectionFrame::Error { error: &error }),
        }
    }

    /// Sends a frame about a request, and keeps it.
    pub(super) fn send_numbered(&mut self, now: Timestamp, id: &str, frame: RequestFrame<'_>) {
        let seq = self.replay.last() + 1;
        let frame = server_frame::text(&NumberedFrame { id, seq, frame });
        if self.connection == ConnectionState::Open {
            self.replay.trim(now);
            self.effects.push(Effect::Send(frame.clone()));
        }
        self.replay.push(now, frame, self.limits.replay);
    }

    pub(super) fn send(&mut self, frame: &ConnectionFrame<'_>) {
        self.effects.push(Effect::Send(server_frame::text(frame)));
    }
}
