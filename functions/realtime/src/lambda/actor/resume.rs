//! Connections that go on with another session than the one they were opened with.

use super::Actor;
use crate::{
    Close, Grant, Input, SESSION,
    lambda::{
        hold::wake,
        letter::{Attach, Letter},
        outbox::Outbox,
    },
};
use openclaw_core::{Result, Timestamp};
use std::time::Duration;

/// How long the other session is waited for.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// How long the answer itself may take.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// What the id of a session may be long.
const MAX_ID: usize = 64;

/// A session that is asked to go on with this one's connection.
pub(super) struct Resuming {
    session: String,
    /// The connection.
    from: String,
    pub(super) until: Timestamp,
}

impl Actor {
    /// Asks `session` to go on with this one's connection.
    pub(super) async fn resume(
        &mut self,
        session: String,
        last_seq: u64,
        grant: Grant,
    ) -> Result<Option<Input<'static>>> {
        let Some(line) = self.line.as_ref().map(|line| line.line().clone()) else {
            return Ok(Some(Input::NotResumed));
        };
        let is_name = session.starts_with(SESSION) && session.len() <= MAX_ID;
        if !is_name || self.gateway.shelf.load(&session).await?.is_none() {
            return Ok(Some(Input::NotResumed));
        }
        let until = self.now() + ANSWERED_WITHIN;
        let from = line.connection.clone();
        let letter = Letter::Attach(Attach {
            line,
            grant,
            last_seq,
            asking: self.session.id().into(),
            until,
        });
        self.post(&session, &letter).await?;
        wake(&self.gateway, session.clone()).await?;
        let until = until + ON_ITS_WAY;
        self.resuming = Some(Resuming {
            session,
            from,
            until,
        });
        Ok(None)
    }

    /// Goes on with another session's connection, where that may be.
    pub(super) async fn attach(&mut self, asked: Attach) -> Result<()> {
        let Attach {
            line,
            grant,
            last_seq,
            asking,
            until,
        } = asked;
        // Who waits for another session itself has none to offer.
        let is_free = !self.has_ended && self.resuming.is_none() && self.now() < until;
        let taken = is_free && self.session.can_resume(&grant.key, last_seq);
        if taken {
            let id = self.session.id().to_owned();
            self.gateway.shelf.lead(&line.connection, &id).await?;
            self.connection = Some(line.connection.clone());
            let (connections, clock) = (&self.gateway.connections, &self.gateway.app.ports.clock);
            let line = Outbox::new(connections.clone(), clock.clone(), line, true);
            if let Some(old) = self.line.replace(line) {
                self.beside(old.finish(Close::Resumed));
            }
            self.step(Input::Attached(grant, last_seq)).await?;
            self.save().await?;
        }
        self.post(&asking, &Letter::Attached { taken }).await
    }

    /// What became of it.
    pub(super) async fn attached(&mut self, taken: bool) -> Result<()> {
        let Some(Resuming { session, from, .. }) = self.resuming.take() else {
            return Ok(());
        };
        if !taken {
            return self.step(Input::NotResumed).await;
        }
        self.moved = Some(session);
        let held = self.session.take_held().into_iter();
        let mut letters = Vec::from_iter(held.map(|text| {
            let from = from.clone();
            Letter::Text { from, text }
        }));
        if self.line.take().is_none() {
            // It was lost while the other was asked.
            letters.push(Letter::Closed { from, code: None });
        }
        for letter in letters {
            self.forward(&letter).await?;
        }
        self.step(Input::Left).await
    }

    /// Hands a letter on to the session that the connection went on with.
    pub(super) async fn forward(&mut self, letter: &Letter) -> Result<()> {
        let Some(session) = self.moved.clone() else {
            return Ok(());
        };
        self.post(&session, letter).await?;
        wake(&self.gateway, session).await
    }

    /// Leaves a letter behind those that were left before.
    async fn post(&mut self, session: &str, letter: &Letter) -> Result<()> {
        self.left += 1;
        let (at, id) = (self.now().as_millisecond(), format!("{:06}", self.left));
        let id = format!("{id}/{}", self.session.id());
        letter.leave(&self.gateway.shelf, session, at, &id).await
    }
}
