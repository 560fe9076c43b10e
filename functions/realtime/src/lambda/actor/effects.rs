//! What a session says is to be done.

use super::Actor;
use crate::{Effect, Input, lambda::log};
use futures_util::FutureExt;
use openclaw_aws::Undelivered;
use openclaw_core::Result;
use std::collections::VecDeque;

impl Actor {
    pub(super) async fn posted(&mut self, posted: Result<(), Undelivered>) -> Result<()> {
        let Err(why) = posted else {
            return Ok(());
        };
        if let (Some(line), true) = (self.line.take(), why != Undelivered::Gone) {
            self.connection = None;
            self.beside(line.hang_up());
        }
        let input = match why {
            Undelivered::Full => Input::Overrun,
            // It connects again, and says what came last.
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

    /// What is to be told about it at once.
    async fn carry_out(&mut self, effect: Effect) -> Result<Option<Input<'static>>> {
        match effect {
            Effect::Send(frame) => {
                if let Some(line) = &mut self.line {
                    line.push(frame);
                }
            }
            Effect::Authenticate(credential, known) => {
                let grant = self.desk.authenticate(&credential, known).await;
                return Ok(Some(Input::Authenticated(grant)));
            }
            Effect::Start { run, key, call } => self.starts.push((run, key, call)),
            Effect::Cancel(run) => {
                self.starts.retain(|(other, ..)| *other != run);
                self.calls.cancel(run);
            }
            Effect::Resume {
                session,
                last_seq,
                grant,
            } => return self.resume(session, last_seq, grant).await,
            Effect::Renew(grant) => place(self.desk.renew(&grant).await),
            Effect::Release(grant) => place(self.desk.release(&grant).await),
            Effect::Close(why) => {
                if let Some(line) = self.line.take() {
                    self.connection = None;
                    self.beside(line.finish(why));
                }
            }
            Effect::End => self.has_ended = true,
        }
        Ok(None)
    }

    /// Has something done that the invocation waits for, and nobody else.
    pub(super) fn beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.gateway.app.ports.spawn.spawn(work.boxed());
    }
}

/// A place that was not held or given back comes right by itself, with time.
fn place(outcome: Result<()>) {
    if let Err(error) = outcome {
        log(&error);
    }
}
