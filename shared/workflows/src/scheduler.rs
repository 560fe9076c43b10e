//! Begins runs by the clock: a job for each schedule, not before its next time. Nothing ticks for an account
//! without one.

use crate::{
    advance::Caller,
    definition::{Definition, ScheduleDefinition},
    record::{RunRecord, WORKFLOW, WorkflowRecord, WorkflowStatus},
    runs::ensure_parameters,
    schedule::Schedule,
    start::NewRun,
    values::Values,
};
use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Error, Ports, Result, Timestamp,
    documents::{find, put},
    ledger::{Outcome, Step, When},
    queue::{Consumer, End, Job},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// The topic of the jobs that begin runs.
const TOPIC: &str = "workflow-schedule";

/// `workflow-time/<id>` → the last time of a workflow's schedule that a run was begun for.
const LAST: &str = "workflow-time/";

/// When a run is begun that could not be: the account had as many as it may.
const AGAIN: Duration = Duration::from_secs(60);

/// What a schedule's job is stored with.
#[derive(Deserialize, Serialize)]
struct Payload {
    /// The times before it are none of its.
    since: Timestamp,
}

/// The last time that a run was begun for.
#[derive(Deserialize, Serialize)]
struct Last {
    at: Timestamp,
}

/// The step that has a workflow follow a schedule from now on, or none.
pub(crate) fn follow(
    account: &str,
    workflow: &str,
    schedule: Option<&ScheduleDefinition>,
    now: Timestamp,
) -> Result<Step> {
    let schedule = schedule.and_then(|schedule| Schedule::new(schedule).ok());
    let next = schedule.and_then(|schedule| schedule.next_after(now));
    match next {
        None => Ok(Job::cancel(TOPIC, workflow)),
        Some(next) => {
            let job = Job::named(account, TOPIC, workflow, now, &Payload { since: now })?;
            job.not_before(next).step()
        }
    }
}

/// Works on the jobs of schedules.
pub struct Scheduler {
    ports: Ports,
    caller: Arc<dyn Caller>,
}

impl Scheduler {
    /// Over these ports; `caller` knows whose runs they are.
    pub const fn new(ports: Ports, caller: Arc<dyn Caller>) -> Self {
        Self { ports, caller }
    }

    async fn work_on(&self, job: &Job) -> Result<End> {
        let (ledger, account, now) = (&*self.ports.ledger, job.account(), self.ports.clock.now());
        let key = format!("{WORKFLOW}{}", job.id());
        let Some(found) = find::<WorkflowRecord>(ledger, account, &key).await? else {
            return Ok(End::Done(vec![]));
        };
        let record = found.value;
        let definition: Definition =
            serde_json::from_value(record.definition.clone()).map_err(Error::internal)?;
        let schedule = definition.schedule.as_ref();
        let schedule = schedule.filter(|_| record.status == WorkflowStatus::Active);
        let Some((given, schedule)) =
            schedule.and_then(|given| Some((given, Schedule::new(given).ok()?)))
        else {
            return Ok(End::Done(vec![]));
        };
        let since = job.payload::<Payload>()?.since;
        let last_key = format!("{LAST}{}", job.id());
        let last = find::<Last>(ledger, account, &last_key).await?;
        let since = last.as_ref().map_or(since, |last| last.value.at.max(since));
        if let Some(due) = schedule.last_due(since, now) {
            let parameters = Value::Object(given.parameters.clone());
            let begun = self.begin(&record, &parameters, (due, now)).await;
            let (run, mut steps) = match begun {
                Ok((run, steps)) => (Some(run), steps),
                Err(error) if error.is_temporary() => return Err(error),
                Err(error) => {
                    // The key is gone: nobody is there whose run it would be.
                    let workflow = &record.id;
                    tracing::info!(workflow, %error, "a scheduled run was not begun");
                    (None, vec![])
                }
            };
            let when = last.as_ref().map_or(When::Absent, |last| last.unchanged());
            steps.push(put(last_key, &Last { at: due }, when)?);
            match ledger.transact(account, steps).await? {
                Outcome::Applied(applied) => applied.durable.await?,
                Outcome::Refused { .. } => {
                    if let Some(run) = run {
                        Values::new(&self.ports, account, &run).discard().await?;
                    }
                    return Ok(End::NotBefore(now + AGAIN));
                }
            }
        }
        match schedule.next_after(now) {
            Some(next) => Ok(End::NotBefore(next)),
            None => Ok(End::Done(vec![])),
        }
    }

    async fn begin(
        &self,
        record: &WorkflowRecord,
        parameters: &Value,
        (due, now): (Timestamp, Timestamp),
    ) -> Result<(RunRecord, Vec<Step>)> {
        let account = self.caller.account(&record.key, record.generation).await?;
        ensure_parameters(&record.definition, parameters)?;
        let new = NewRun {
            account: &account,
            key: &record.key,
            generation: record.generation,
            workflow: &record.id,
            definition: &record.definition,
            parameters,
            rerun_of: None,
            scheduled_for: Some(due),
        };
        new.steps(&self.ports, now, None).await
    }
}

impl Consumer for Scheduler {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        async move {
            let end = self.work_on(job).await;
            end.unwrap_or_else(|error| End::failed(error.to_string()))
        }
        .boxed()
    }
}
