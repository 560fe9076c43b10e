//! The transaction that a run begins with.

use crate::{
    advance::TOPIC,
    definition::StepError,
    event::Event,
    log,
    record::{COUNTS, INPUT, RUNS_FIELD, RunInput, RunRecord, RunStatus, run_id},
    values::{Values, is_large},
};
use openclaw_core::{
    Ports, Result, Timestamp,
    documents::put_until,
    ledger::{Delta, Step, When},
    queue::Job,
    time::whole_second,
};
use openclaw_schema::{
    account::{Account, Tier},
    event::{ALL, EventType},
};
use serde_json::{Value, json};

/// Runs of an account at once.
pub(crate) const fn max_running(tier: Tier) -> i64 {
    match tier {
        Tier::Free => 10,
        _ => 10_000,
    }
}

/// Of what a run is made.
pub(crate) struct NewRun<'a> {
    pub(crate) account: &'a Account,
    pub(crate) key: &'a str,
    pub(crate) generation: u64,
    pub(crate) workflow: &'a str,
    pub(crate) definition: &'a Value,
    pub(crate) parameters: &'a Value,
    pub(crate) rerun_of: Option<String>,
    pub(crate) scheduled_for: Option<Timestamp>,
}

/// The step that counts the account's runs is this one of those that begin a run.
pub(crate) const COUNTED: usize = 1;

/// What has happened already in a run that begins.
pub(crate) struct Before {
    pub(crate) events: Vec<Event>,
    /// The values of the run that it happened in.
    pub(crate) values: Values,
}

impl NewRun<'_> {
    /// The run, and the steps that begin it; `before` has happened in it already. Where they are not applied,
    /// the run's values are to be removed.
    pub(crate) async fn steps(
        self,
        ports: &Ports,
        now: Timestamp,
        before: Option<Before>,
    ) -> Result<(RunRecord, Vec<Step>)> {
        let about = [
            EventType::WorkflowStarted,
            EventType::WorkflowCompleted,
            EventType::WorkflowFailed,
        ];
        let is_about =
            |name: &&String| name.as_str() == ALL || about.iter().any(|one| one.as_str() == *name);
        let run = RunRecord {
            id: run_id(&*ports.random, now),
            workflow: self.workflow.to_owned(),
            status: RunStatus::Queued,
            key: self.key.to_owned(),
            generation: self.generation,
            created_at: whole_second(now),
            ended_at: None,
            until: None,
            error: None,
            rerun_of: self.rerun_of,
            scheduled_for: self.scheduled_for,
            events: self
                .account
                .events
                .iter()
                .filter(is_about)
                .cloned()
                .collect(),
        };
        let values = Values::new(ports, &self.account.id, &run);
        let mut input = RunInput {
            definition: self.definition.clone(),
            parameters: self.parameters.clone(),
            stored: None,
        };
        if is_large(self.parameters) {
            input.parameters = Value::Null;
            input.stored = Some(values.put(self.parameters, true).await?);
        }
        let mut events = vec![Event::RunStarted];
        if let Some(before) = before {
            let mut is_first = input.stored.is_none();
            for mut event in before.events {
                if let Some(stored) = event.stored() {
                    let copied = before.values.copy_to(&values, stored, is_first).await?;
                    event.move_to(&copied);
                    is_first = false;
                }
                events.push(event);
            }
        }
        let max = max_running(self.account.tier);
        let mut steps = vec![
            run.put(When::Absent)?,
            Step::Add {
                key: COUNTS.into(),
                deltas: vec![Delta::bounded(RUNS_FIELD, 1, max)],
                expires: None,
            },
            put_until(
                format!("{INPUT}{}", run.id),
                &input,
                When::Always,
                Some(run.log_expires()),
            )?,
            Job::named(&self.account.id, TOPIC, &run.id, now, &json!({}))?.step()?,
        ];
        steps.extend(log::append(&run, 0, &events, now)?);
        steps.extend(run.tell(&self.account.id, EventType::WorkflowStarted, now)?);
        Ok((run, steps))
    }
}

impl RunRecord {
    /// The step that tells the account's webhooks of it, where one wants to know. Nothing of what the
    /// steps made is in it.
    pub(crate) fn tell(
        &self,
        account: &str,
        kind: EventType,
        now: Timestamp,
    ) -> Result<Option<Step>> {
        if !kind.is_wanted(&self.events) {
            return Ok(None);
        }
        let code = self.error.as_ref().map(|error| &error.code);
        let data = json!({
            "run": self.id,
            "workflow": self.workflow,
            "key": self.key,
            "status": self.status,
            "code": code,
            "created_at": self.created_at,
            "ended_at": self.ended_at,
        });
        let event = openclaw_schema::event::Event::new(kind, now, &data)?;
        event.step(account, &self.id, now).map(Some)
    }

    /// The steps that end it with `end`: beside its last entry.
    pub(crate) fn end(&mut self, account: &str, end: &Event, now: Timestamp) -> Result<Vec<Step>> {
        let (status, error, told) = match end {
            Event::RunCompleted { .. } => (
                RunStatus::Completed,
                None,
                Some(EventType::WorkflowCompleted),
            ),
            Event::RunFailed { error } => {
                let error: StepError = error.clone();
                (
                    RunStatus::Failed,
                    Some(error),
                    Some(EventType::WorkflowFailed),
                )
            }
            _ => (RunStatus::Cancelled, None, None),
        };
        self.status = status;
        self.error = error;
        self.until = None;
        self.ended_at = Some(whole_second(now));
        let mut steps = vec![
            self.put(When::Present)?,
            Step::Add {
                key: COUNTS.into(),
                deltas: vec![Delta::new(RUNS_FIELD, -1)],
                expires: None,
            },
        ];
        if let Some(kind) = told {
            steps.extend(self.tell(account, kind, now)?);
        }
        Ok(steps)
    }
}
