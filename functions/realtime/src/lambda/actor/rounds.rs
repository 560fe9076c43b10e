//! What is to be done between one thing that happens and the next.

use super::{Actor, WITHOUT_LINE};
use crate::{
    Input, answer,
    lambda::{
        fit::fit,
        outbox::Outbox,
        record::{Around, Record},
    },
};
use openclaw_aws::{CONNECTION, Undelivered};
use openclaw_core::{Code, Error, Result};

impl Actor {
    pub(super) async fn look_at_time(&mut self) -> Result<()> {
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
        if self.line.as_ref().is_some_and(Outbox::is_overrun) {
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

    /// What came while a message was under way becomes frames together.
    pub(super) async fn pass_events(&mut self) -> Result<()> {
        if !self.line.as_ref().is_none_or(Outbox::is_idle) {
            return Ok(());
        }
        for (run, event) in self.gathered.take() {
            for event in fit(event) {
                self.step(Input::Event(run, event)).await?;
            }
        }
        Ok(())
    }

    /// Whoever goes on with the session, if this one is killed, knows of them.
    pub(super) async fn make_calls(&mut self) -> Result<()> {
        if self.starts.is_empty() {
            return Ok(());
        }
        self.save().await?;
        for (run, key, call) in self.starts.drain(..) {
            self.calls.start(run, self.desk.call(&key, call));
        }
        Ok(())
    }

    pub(super) async fn save(&mut self) -> Result<()> {
        let line = self.line.as_ref();
        let lives = match line {
            Some(_) => CONNECTION,
            None => WITHOUT_LINE,
        };
        let around = Around {
            line: line.map(|line| line.line().clone()),
            is_open: line.is_some_and(Outbox::is_open),
            connection: self.connection.clone(),
            grant: None,
            moved: self.moved.clone(),
            is_busy: self.session.is_busy(),
        };
        let record = Record::new(around, &self.session)?.to_bytes()?;
        if record != self.saved {
            self.hold.save(&record, lives).await?;
            self.saved = record;
        }
        Ok(())
    }
}
