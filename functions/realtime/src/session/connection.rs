//! The connection of a session: who is on it, how it is lost and found again, and its end.

use super::{Close, Effect, Grant, Line, Session, Waiting};
use crate::{frame::Resume, replay::KEPT, reply::Reply};
use openclaw_core::{Code, Error, Timestamp};
use std::mem::take;

impl Session {
    pub(super) fn authenticated(&mut self, now: Timestamp, grant: Result<Grant, Error>) {
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

    pub(super) fn resume(&mut self, now: Timestamp, resume: Resume, grant: Grant) {
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

    pub(super) fn not_resumed(&mut self, now: Timestamp) {
        self.waiting = Waiting::Nobody;
        if self.line == Line::Open {
            self.say_not_resumed();
        }
        self.unhold(now);
    }

    pub(super) fn say_not_resumed(&mut self) {
        self.say(&Reply::Reconnected {
            session: &self.id.clone(),
            resumed: false,
            replayed: 0,
        });
    }

    pub(super) fn attached(&mut self, now: Timestamp, grant: Grant, last_seq: u64) {
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

    pub(super) fn tick(&mut self, now: Timestamp) {
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

    pub(super) fn shutdown(&mut self, now: Timestamp) {
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
    pub(super) fn close(&mut self, now: Timestamp, why: Close) {
        if self.line == Line::Open {
            self.effects.push(Effect::Close(why));
            self.lost(now);
        }
    }

    pub(super) fn lost(&mut self, now: Timestamp) {
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

    pub(super) fn release(&mut self) {
        if let (Line::Open, Some(grant)) = (self.line, &self.grant) {
            self.effects.push(Effect::Release(grant.clone()));
        }
    }

    pub(super) fn end(&mut self) {
        if self.line == Line::Ended {
            return;
        }
        self.line = Line::Ended;
        let running = take(&mut self.running);
        self.effects.extend(running.into_keys().map(Effect::Cancel));
        self.effects.push(Effect::End);
    }
}
