//! Carries out the effects of a session.

use super::Actor;
use crate::{Effect, Input, lambda::log};
use futures_util::FutureExt;
use openclaw_aws::{MAX_CONNECTION_TIME, Undelivered};
use openclaw_core::Result;
use std::collections::VecDeque;

impl Actor {
    pub(super) async fn posted(&mut self, posted: Result<(), Undelivered>) -> Result<()> {
        let Err(why) = posted else {
            return Ok(());
        };
        if let (Some(outbox), true) = (self.outbox.take(), why != Undelivered::Gone) {
            self.connection = None;
            self.spawn(outbox.hang_up());
        }
        let input = match why {
            Undelivered::Full => Input::Overrun,
            // The client connects again and says which frame came last.
            Undelivered::Gone | Undelivered::Unknown(_) => Input::Lost,
        };
        self.step(input).await
    }

    pub(super) async fn step(&mut self, input: Input<'_>) -> Result<()> {
        let now = self.now();
        let mut effects = VecDeque::from(self.session.step(now, input));
        while let Some(effect) = effects.pop_front() {
            if let Some(input) = self.carry_out(effect).await? {
                let now = self.now();
                effects.extend(self.session.step(now, input));
            }
        }
        Ok(())
    }

    /// Gives the input that follows from it at once.
    async fn carry_out(&mut self, effect: Effect) -> Result<Option<Input<'static>>> {
        match effect {
            Effect::Send(frame) => {
                if let Some(outbox) = &mut self.outbox {
                    outbox.push(frame);
                }
            }
            Effect::Authenticate(credential, known) => {
                let is_first = known.is_none();
                let auth = self.backend.authenticate(&credential, known).await;
                if is_first && auth.is_ok() {
                    self.keep_connection().await?;
                }
                return Ok(Some(Input::Authenticated(auth)));
            }
            Effect::Start { run, key, call } => self.starts.push((run, key, call)),
            Effect::Cancel(run) => {
                self.starts.retain(|(other, ..)| *other != run);
                self.calls.cancel(run);
            }
            Effect::Resume {
                session,
                last_seq,
                auth,
            } => return self.resume(session, last_seq, auth).await,
            Effect::Renew(auth) => log_place(self.backend.renew(&auth).await),
            Effect::Release(auth) => log_place(self.backend.release(&auth).await),
            Effect::Close(why) => {
                if let Some(outbox) = self.outbox.take() {
                    self.connection = None;
                    self.spawn(outbox.finish(why));
                }
            }
            Effect::End => self.has_ended = true,
        }
        Ok(None)
    }

    /// Remembers the connection for as long as it may be open.
    async fn keep_connection(&mut self) -> Result<()> {
        let Some(outbox) = &self.outbox else {
            return Ok(());
        };
        let (store, session) = (&self.services.store, self.session.id());
        let connection = &outbox.address().connection;
        let bound = store.bind_connection(connection, session, MAX_CONNECTION_TIME);
        Ok(bound.await?)
    }

    /// Runs work that nothing but the end of the invocation waits for.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.services.app.ports.spawn.spawn(work.boxed());
    }
}

/// A place that was not renewed or released expires by itself.
fn log_place(outcome: Result<()>) {
    if let Err(error) = outcome {
        log(&error);
    }
}
