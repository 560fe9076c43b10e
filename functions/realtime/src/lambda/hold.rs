//! Who works on a session: one at a time.

use super::letter::Letter;
use bytes::Bytes;
use openclaw_aws::{Call, Gateway, Holder, LEASE, Shelf, Work};
use openclaw_core::{Clock, Error, Result, Timestamp};
use std::{sync::Arc, time::Duration};

/// How often a hold is renewed.
const RENEWED: Duration = Duration::from_secs(4);

/// A hold that ends in less than this was not renewed in its time: its holder may have been killed.
const SUSPECT: Duration = Duration::from_secs(8);

/// What is left of a hold when nothing more is done on its strength: longer than a call takes.
const RESERVE: Duration = Duration::from_secs(2);

/// A session that is held.
#[derive(Clone)]
pub(super) struct Hold {
    shelf: Shelf,
    clock: Arc<dyn Clock>,
    session: String,
    name: String,
    until: Timestamp,
}

/// Has the function invoked to work on a session, unless somebody does.
pub(super) async fn wake(gateway: &Gateway, session: String) -> Result<()> {
    let holder = gateway.shelf.holder(&session).await?;
    let now = gateway.app.ports.clock.now();
    if holder.is_none_or(|holder| is_suspect(&holder, now)) {
        gateway.connections.invoke(&Call { session }).await?;
    }
    Ok(())
}

fn is_suspect(holder: &Holder, now: Timestamp) -> bool {
    holder.until < now + SUSPECT
}

impl Hold {
    /// Takes the session, from whom was killed in holding it as well, once that hold has ended;
    /// `None`: somebody works on it.
    pub(super) async fn take(gateway: &Gateway, work: &Work) -> Result<Option<Self>> {
        let (shelf, clock) = (&gateway.shelf, &gateway.app.ports.clock);
        let mut seen: Option<Holder> = None;
        loop {
            let now = clock.now();
            if shelf.take(&work.session, &work.invocation).await? {
                return Ok(Some(Self {
                    shelf: shelf.clone(),
                    clock: clock.clone(),
                    session: work.session.clone(),
                    name: work.invocation.clone(),
                    until: now + LEASE,
                }));
            }
            let Some(holder) = shelf.holder(&work.session).await? else {
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

    /// Nothing may be done about the session any more once this fails.
    fn check(&self) -> Result<()> {
        match self.clock.now() + RESERVE < self.until {
            true => Ok(()),
            false => Err(Error::internal("the session was held for too long")),
        }
    }

    async fn keep(&mut self) -> Result<()> {
        self.check()?;
        let now = self.clock.now();
        if now + LEASE < self.until + RENEWED {
            return Ok(());
        }
        match self.shelf.keep(&self.session, &self.name).await? {
            true => self.until = now + LEASE,
            false => return Err(Error::internal("the session is held no more")),
        }
        Ok(())
    }

    /// The letters that are there, with the hold renewed.
    pub(super) async fn letters(mut self) -> Result<(Self, Vec<Letter>)> {
        self.keep().await?;
        let letters = self.shelf.take_letters(&self.session).await?;
        let letters = letters.iter().filter_map(Letter::read).collect();
        Ok((self, letters))
    }

    /// The same after a pause.
    pub(super) async fn next_letters(self, pause: Duration) -> Result<(Self, Vec<Letter>)> {
        self.clock.sleep(pause).await;
        self.letters().await
    }

    /// What the session is to be continued from, if there is such a session.
    pub(super) async fn load(&self) -> Result<Option<Bytes>> {
        Ok(self.shelf.load(&self.session).await?)
    }

    /// Saves what the session is to be continued from.
    pub(super) async fn save(&self, record: &Bytes, lives: Duration) -> Result<()> {
        self.check()?;
        let expires = self.clock.now() + lives;
        Ok(self.shelf.save(&self.session, record, expires).await?)
    }

    /// There is nothing to continue.
    pub(super) async fn forget(&self) -> Result<()> {
        self.check()?;
        Ok(self.shelf.forget(&self.session).await?)
    }

    /// Lets go, unless it may be another's by now.
    pub(super) async fn let_go(self) -> Result<()> {
        match self.clock.now() + RESERVE < self.until {
            true => Ok(self.shelf.let_go(&self.session).await?),
            false => Ok(()),
        }
    }
}
