//! The lease of a session: one invocation at a time works on it.

use super::message::SessionMessage;
use bytes::Bytes;
use openclaw_aws::{
    LEASE_TIME, LeaseHolder, SelfInvocation, SessionServices, SessionStore, SessionWork,
};
use openclaw_core::{Clock, Error, Result, Timestamp};
use std::{sync::Arc, time::Duration};

/// How often a lease is renewed.
const RENEWED: Duration = Duration::from_secs(4);

/// A lease with less time left than this was not renewed when it was due: its holder may be dead.
const SUSPECT: Duration = Duration::from_secs(8);

/// With less time left than this a lease allows nothing more: longer than a call takes.
const RESERVE: Duration = Duration::from_secs(2);

/// The lease of a session, held by this invocation.
#[derive(Clone)]
pub(super) struct Lease {
    store: SessionStore,
    clock: Arc<dyn Clock>,
    session: String,
    name: String,
    until: Timestamp,
}

/// Invokes the function to work on a session, unless an invocation does so.
pub(super) async fn wake(services: &SessionServices, session: String) -> Result<()> {
    let holder = services.store.lease_holder(&session).await?;
    let now = services.app.ports.clock.now();
    if holder.is_none_or(|holder| is_suspect(&holder, now)) {
        services
            .connections
            .invoke(&SelfInvocation { session })
            .await?;
    }
    Ok(())
}

fn is_suspect(holder: &LeaseHolder, now: Timestamp) -> bool {
    holder.until < now + SUSPECT
}

impl Lease {
    /// Takes the lease, after its end also from a holder that was killed. `None`: another invocation
    /// works on the session.
    pub(super) async fn acquire(
        services: &SessionServices,
        work: &SessionWork,
    ) -> Result<Option<Self>> {
        let (store, clock) = (&services.store, &services.app.ports.clock);
        let mut seen: Option<LeaseHolder> = None;
        loop {
            let now = clock.now();
            if store.acquire_lease(&work.session, &work.invocation).await? {
                return Ok(Some(Self {
                    store: store.clone(),
                    clock: clock.clone(),
                    session: work.session.clone(),
                    name: work.invocation.clone(),
                    until: now + LEASE_TIME,
                }));
            }
            let Some(holder) = store.lease_holder(&work.session).await? else {
                continue;
            };
            let is_alive = seen.is_some_and(|seen| seen != holder);
            if is_alive || !is_suspect(&holder, now) {
                return Ok(None);
            }
            clock.sleep(holder.until.duration_since(now)).await;
            seen = Some(holder);
        }
    }

    /// Fails once the session must not be touched any more.
    fn check(&self) -> Result<()> {
        match self.clock.now() + RESERVE < self.until {
            true => Ok(()),
            false => Err(Error::internal("the session's lease has ended")),
        }
    }

    async fn renew(&mut self) -> Result<()> {
        self.check()?;
        let now = self.clock.now();
        if now + LEASE_TIME < self.until + RENEWED {
            return Ok(());
        }
        match self.store.renew_lease(&self.session, &self.name).await? {
            true => self.until = now + LEASE_TIME,
            false => return Err(Error::internal("the session's lease was lost")),
        }
        Ok(())
    }

    /// The messages that are there, with the lease renewed.
    pub(super) async fn messages(mut self) -> Result<(Self, Vec<SessionMessage>)> {
        self.renew().await?;
        let messages = self.store.take_messages(&self.session).await?;
        let messages = messages.iter().filter_map(SessionMessage::read).collect();
        Ok((self, messages))
    }

    /// The same after a pause.
    pub(super) async fn next_messages(
        self,
        pause: Duration,
    ) -> Result<(Self, Vec<SessionMessage>)> {
        self.clock.sleep(pause).await;
        self.messages().await
    }

    /// The saved session, if there is one.
    pub(super) async fn load(&self) -> Result<Option<Bytes>> {
        Ok(self.store.load(&self.session).await?)
    }

    /// Saves the session.
    pub(super) async fn save(&self, record: &Bytes, lives: Duration) -> Result<()> {
        self.check()?;
        let expires = self.clock.now() + lives;
        Ok(self.store.save(&self.session, record, expires).await?)
    }

    /// Forgets the session.
    pub(super) async fn forget(&self) -> Result<()> {
        self.check()?;
        Ok(self.store.forget(&self.session).await?)
    }

    /// Gives the lease back, unless it may be another's by now.
    pub(super) async fn release(self) -> Result<()> {
        match self.clock.now() + RESERVE < self.until {
            true => Ok(self.store.release_lease(&self.session).await?),
            false => Ok(()),
        }
    }
}
