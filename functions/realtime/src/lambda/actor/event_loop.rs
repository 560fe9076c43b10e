//! The steps of the event loop between two signals.

use super::{Actor, WITHOUT_CONNECTION};
use crate::{
    Input, answer,
    lambda::{
        UNAUTHENTICATED,
        fit::fit,
        outbox::Outbox,
        record::{Record, RecordState},
    },
};
use openclaw_aws::{MAX_CONNECTION_TIME, Undelivered};
use openclaw_core::{Code, Error, Result};

impl Actor {
    pub(super) async fn check_time(&mut self) -> Result<()> {
        let now = self.now();
        if self.session.deadline().is_some_and(|at| at <= now) {
            self.step(Input::Tick).await?;
        }
        if self.resuming.as_ref().is_some_and(|it| it.until <= now) {
            self.attached(false).await?;
        }
        if now >= self.until {
            self.end_calls().await?;
        }
        if self.outbox.as_ref().is_some_and(Outbox::is_overrun) {
            self.posted(Err(Undelivered::Full)).await?;
        }
        Ok(())
    }

    /// Ends what would outlive the invocation.
    async fn end_calls(&mut self) -> Result<()> {
        let message = "The request took longer than a function may run";
        let error = Error::new(Code::ProviderTimeout, message);
        let waiting = self.starts.drain(..).map(|(run, ..)| run);
        for run in waiting.chain(self.calls.runs()).collect::<Vec<_>>() {
            self.calls.cancel(run);
            self.step(Input::Event(run, answer::failed(&error))).await?;
        }
        Ok(())
    }

    /// Hands the buffered events to the session once no message is on its way.
    pub(super) async fn pass_events(&mut self) -> Result<()> {
        if !self.outbox.as_ref().is_none_or(Outbox::is_idle) {
            return Ok(());
        }
        for (run, event) in self.events.take() {
            for event in fit(event) {
                self.step(Input::Event(run, event)).await?;
            }
        }
        Ok(())
    }

    /// Makes the calls that wait, after the session is saved: if this invocation is killed, the next one
    /// knows that they ran.
    pub(super) async fn make_calls(&mut self) -> Result<()> {
        if self.starts.is_empty() {
            return Ok(());
        }
        self.save().await?;
        for (run, key, call) in self.starts.drain(..) {
            self.calls.start(run, self.backend.call(&key, call));
        }
        Ok(())
    }

    pub(super) async fn save(&mut self) -> Result<()> {
        let outbox = self.outbox.as_ref();
        let lives = match outbox {
            Some(_) if self.session.is_authenticated() => MAX_CONNECTION_TIME,
            Some(_) => UNAUTHENTICATED,
            None => WITHOUT_CONNECTION,
        };
        let state = RecordState {
            address: outbox.map(|outbox| outbox.address().clone()),
            is_open: outbox.is_some_and(Outbox::is_open),
            connection: self.connection.clone(),
            auth: None,
            moved: self.moved.clone(),
            is_busy: self.session.is_busy(),
        };
        let record = Record::new(state, &self.session)?.to_bytes()?;
        if record != self.saved {
            self.lease.save(&record, lives).await?;
            self.saved = record;
        }
        Ok(())
    }
}
