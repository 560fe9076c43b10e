//! Connections that go on with another session than their own.

use super::Actor;
use crate::{
    Close, Input, SESSION, SessionAuth,
    lambda::{
        lease::wake,
        message::{Attach, SessionMessage},
        outbox::Outbox,
    },
};
use openclaw_aws::MAX_CONNECTION_TIME;
use openclaw_core::{Result, Timestamp};
use std::time::Duration;

/// How long the other session has time to answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// How long its answer may take to arrive.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// The longest id of a session, in characters.
const MAX_ID: usize = 64;

/// A session that was asked to go on with this one's connection.
pub(super) struct Resuming {
    session: String,
    /// The connection's id.
    from: String,
    pub(super) until: Timestamp,
}

impl Actor {
    /// Asks `session` to go on with this one's connection.
    pub(super) async fn resume(
        &mut self,
        session: String,
        last_seq: u64,
        auth: SessionAuth,
    ) -> Result<Option<Input<'static>>> {
        let Some(address) = self.outbox.as_ref().map(|outbox| outbox.address().clone()) else {
            return Ok(Some(Input::NotResumed));
        };
        let is_name = session.starts_with(SESSION) && session.len() <= MAX_ID;
        if !is_name || self.services.store.load(&session).await?.is_none() {
            return Ok(Some(Input::NotResumed));
        }
        let until = self.now() + ANSWERED_WITHIN;
        let from = address.connection.clone();
        let message = SessionMessage::Attach(Attach {
            address,
            auth,
            last_seq,
            asking: self.session.id().into(),
            until,
        });
        self.send(&session, &message).await?;
        wake(&self.services, session.clone()).await?;
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
            address,
            auth,
            last_seq,
            asking,
            until,
        } = asked;
        // A session that waits for another one itself cannot take the connection.
        let is_free = !self.has_ended && self.resuming.is_none() && self.now() < until;
        let taken = is_free && self.session.can_resume(&auth.key, last_seq);
        if taken {
            let id = self.session.id().to_owned();
            let store = &self.services.store;
            store
                .bind_connection(&address.connection, &id, MAX_CONNECTION_TIME)
                .await?;
            self.connection = Some(address.connection.clone());
            let (connections, clock) = (&self.services.connections, &self.services.app.ports.clock);
            let outbox = Outbox::new(connections.clone(), clock.clone(), address, true);
            if let Some(old) = self.outbox.replace(outbox) {
                self.spawn(old.finish(Close::Resumed));
            }
            self.step(Input::Attached(auth, last_seq)).await?;
            self.save().await?;
        }
        self.send(&asking, &SessionMessage::Attached { taken })
            .await
    }

    /// Takes in the other session's answer.
    pub(super) async fn attached(&mut self, taken: bool) -> Result<()> {
        let Some(Resuming { session, from, .. }) = self.resuming.take() else {
            return Ok(());
        };
        if !taken {
            return self.step(Input::NotResumed).await;
        }
        self.moved = Some(session);
        let deferred = self.session.take_deferred().into_iter();
        let mut messages = Vec::from_iter(deferred.map(|text| {
            let from = from.clone();
            SessionMessage::Text { from, text }
        }));
        if self.outbox.take().is_none() {
            // The connection was lost while the other session was asked.
            messages.push(SessionMessage::Closed { from, code: None });
        }
        for message in messages {
            self.forward(&message).await?;
        }
        self.step(Input::Left).await
    }

    /// Hands a message on to the session that the connection went on with.
    pub(super) async fn forward(&mut self, message: &SessionMessage) -> Result<()> {
        let Some(session) = self.moved.clone() else {
            return Ok(());
        };
        self.send(&session, message).await?;
        wake(&self.services, session).await
    }

    /// Sends a message to a session, after those that this actor sent before.
    async fn send(&mut self, session: &str, message: &SessionMessage) -> Result<()> {
        self.sent += 1;
        let (at, id) = (self.now().as_millisecond(), format!("{:06}", self.sent));
        let id = format!("{id}/{}", self.session.id());
        message.put(&self.services.store, session, at, &id).await
    }
}
