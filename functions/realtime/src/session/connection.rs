//! The connection of a session: who it belongs to, how it is lost and resumed, and its end.

use super::{Close, ConnectionState, Effect, Session, SessionAuth, Waiting};
use crate::{client_frame::Resume, replay::KEPT, server_frame::ConnectionFrame};
use openclaw_core::{Code, Error, Timestamp};
use std::mem::take;

impl Session {
    pub(super) fn authenticated(&mut self, now: Timestamp, auth: Result<SessionAuth, Error>) {
        self.waiting = Waiting::Nobody;
        match (auth, self.auth.take()) {
            (Ok(auth), known) => self.welcome(now, auth, known),
            (Err(error), Some(known)) if error.code == Code::Conflict => {
                self.auth = Some(known);
                self.refuse(now, None, &error);
            }
            (Err(error), known) => {
                self.auth = known;
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
        self.handle_deferred(now);
    }

    fn welcome(&mut self, now: Timestamp, auth: SessionAuth, known: Option<SessionAuth>) {
        if self.connection != ConnectionState::Open {
            // The connection was lost meanwhile, and nobody knows of the session.
            let claimed = known.is_none().then_some(auth);
            self.effects.extend(claimed.map(Effect::Release));
            self.auth = known;
            return;
        }
        if known.is_none() {
            self.renewal = now + self.limits.lease / 2;
        }
        self.send(&ConnectionFrame::AuthOk {
            session: &self.id.clone(),
            account: &auth.account,
            expires_at: auth.expires_at,
        });
        self.auth = Some(auth.clone());
        if let Some(resume) = self.pending_resume.take() {
            self.resume(now, resume, auth);
        }
    }

    pub(super) fn resume(&mut self, now: Timestamp, resume: Resume, auth: SessionAuth) {
        let Resume { session, last_seq } = resume;
        if session == self.id {
            return match self.can_resume(&auth.key, last_seq) {
                true => self.replay_after(last_seq),
                false => self.send_not_resumed(),
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
            auth,
        });
    }

    pub(super) fn not_resumed(&mut self, now: Timestamp) {
        self.waiting = Waiting::Nobody;
        if self.connection == ConnectionState::Open {
            self.send_not_resumed();
        }
        self.handle_deferred(now);
    }

    pub(super) fn send_not_resumed(&mut self) {
        self.send(&ConnectionFrame::Reconnected {
            session: &self.id.clone(),
            resumed: false,
            replayed: 0,
        });
    }

    pub(super) fn attached(&mut self, now: Timestamp, auth: SessionAuth, last_seq: u64) {
        self.release();
        self.auth = Some(auth);
        self.renewal = now + self.limits.lease / 2;
        self.connection = ConnectionState::Open;
        self.replay_after(last_seq);
    }

    fn replay_after(&mut self, last_seq: u64) {
        let missed = self.replay.after(last_seq);
        self.send(&ConnectionFrame::Reconnected {
            session: &self.id.clone(),
            resumed: true,
            replayed: missed.len(),
        });
        self.effects.extend(missed.into_iter().map(Effect::Send));
    }

    pub(super) fn tick(&mut self, now: Timestamp) {
        match (self.connection, &self.auth) {
            (ConnectionState::Lost(since), _) if since + KEPT <= now => return self.end(),
            (ConnectionState::Open, None) if self.deadline().is_some_and(|end| end <= now) => {
                let error = Error::unauthorized("No auth came within 10 s");
                self.refuse(now, None, &error);
                return self.close(now, Close::Unauthorized);
            }
            (ConnectionState::Open, Some(auth)) if self.renewal <= now => {
                self.effects.push(Effect::Renew(auth.clone()));
                self.renewal = now + self.limits.lease / 2;
            }
            _ => {}
        }
        // A lost client may ask for any of them until its session ends.
        if self.connection == ConnectionState::Open {
            self.replay.trim(now);
        }
    }

    pub(super) fn shutdown(&mut self, now: Timestamp) {
        if !self.ending && self.connection == ConnectionState::Open {
            let reason = "server_shutdown";
            self.send(&ConnectionFrame::Reconnect { reason });
        }
        self.ending = true;
        if self.running.is_empty() {
            self.close(now, Close::GoingAway);
            self.end();
        }
    }

    /// Closes the connection; what runs goes on until somebody resumes, or nobody does.
    pub(super) fn close(&mut self, now: Timestamp, why: Close) {
        if self.connection == ConnectionState::Open {
            self.effects.push(Effect::Close(why));
            self.lost(now);
        }
    }

    pub(super) fn lost(&mut self, now: Timestamp) {
        if self.connection != ConnectionState::Open {
            return;
        }
        self.release();
        self.connection = ConnectionState::Lost(now);
        // Nobody could name it.
        if self.auth.is_none() {
            self.end();
        }
    }

    pub(super) fn release(&mut self) {
        if let (ConnectionState::Open, Some(auth)) = (self.connection, &self.auth) {
            self.effects.push(Effect::Release(auth.clone()));
        }
    }

    pub(super) fn end(&mut self) {
        if self.connection == ConnectionState::Ended {
            return;
        }
        self.connection = ConnectionState::Ended;
        let running = take(&mut self.running);
        self.effects.extend(running.into_keys().map(Effect::Cancel));
        self.effects.push(Effect::End);
    }
}
