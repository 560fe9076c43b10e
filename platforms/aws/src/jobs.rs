//! The jobs of a function: invocations that name them, which nobody waits for.

use crate::app::Function;
use futures_util::future::join_all;
use lambda_http::Error;
use lambda_runtime::Context;
use openclaw_core::{
    Ports, Timestamp,
    queue::{Consumer, Worked, topic_of, work},
    time,
};
use openclaw_web::Consumers;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Duration;

/// How such an invocation begins, as this crate writes it.
const BEGINNING: &str = r#"{"openclaw_jobs":"#;

/// The end of a claim by the clock of another machine.
const LATE: Duration = Duration::from_secs(1);

/// Time for what is to be done beside an attempt.
const RESERVE: Duration = Duration::from_secs(5);

/// The payload of an invocation for jobs.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct JobsInvocation {
    pub(crate) openclaw_jobs: Vec<NamedJob>,
}

/// A job, by where its document is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct NamedJob {
    pub(crate) account: String,
    pub(crate) key: String,
    /// When it is due, where that is not now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) due: Option<Timestamp>,
}

impl JobsInvocation {
    /// `None` where the payload is something else: an HTTP request, of some megabytes perhaps.
    pub(crate) fn read(payload: &RawValue) -> Option<Self> {
        let payload = payload.get();
        let is_ours = payload.starts_with(BEGINNING);
        is_ours.then(|| serde_json::from_str(payload).ok())?
    }

    /// Works on all of them at once. After an error Lambda begins the same invocation again, a minute
    /// later: what is done by then is left alone.
    pub(crate) async fn work(&self, function: &Function, context: &Context) -> Result<(), Error> {
        let (app, _) = function.built().await?;
        let consumers = function.consumers(&app);
        let end = until(context);
        let worked = self.openclaw_jobs.iter();
        let worked = worked.map(|job| work_on(&app.ports, &consumers, job, end));
        let failed = join_all(worked).await.into_iter().filter_map(Result::err);
        let failed = Vec::from_iter(failed);
        match failed.is_empty() {
            true => Ok(()),
            false => Err(failed.join("; ").into()),
        }
    }
}

/// When Lambda ends an invocation.
pub(crate) fn until(context: &Context) -> Timestamp {
    let deadline = i64::try_from(context.deadline).unwrap_or(i64::MAX / 1000);
    time::from_microsecond(deadline.saturating_mul(1000))
}

async fn work_on(
    ports: &Ports,
    consumers: &Consumers,
    job: &NamedJob,
    end: Timestamp,
) -> Result<(), String> {
    let NamedJob { account, key, .. } = job;
    let topic = topic_of(key);
    let consumer = consumers
        .iter()
        .find(|consumer| Some(consumer.topic()) == topic);
    let consumer: &dyn Consumer = &**consumer.ok_or_else(|| format!("nobody works on {key}"))?;
    loop {
        let worked = work(ports, consumer, account, key).await;
        let claimed = match worked {
            Ok(Worked::Claimed(until)) => until + LATE,
            Ok(Worked::Dead) => {
                tracing::warn!(%account, %key, "a job is dead");
                return Ok(());
            }
            // For what is due later, the ledger's stream has told the dispatcher.
            Ok(Worked::Done | Worked::Gone | Worked::Later(_)) => return Ok(()),
            Err(error) => {
                let cause = error.cause.as_deref().unwrap_or_default();
                return Err(format!("{key}: {error} {cause}"));
            }
        };
        // Whoever has claimed it may be dead, and nobody else is told of it again: this invocation is
        // the second for the same job, which Lambda begins where the first has not come back.
        if claimed + consumer.time_limit() + RESERVE > end {
            return Err(format!("{key}: someone works on it until {claimed}"));
        }
        let pause = claimed.duration_since(ports.clock.now());
        ports.clock.sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::{Clock, ledger::Item, queue::Job};
    use openclaw_testkit::{Fakes, ManualClock, Script, ScriptedConsumer, ScriptedEnd};
    use serde_json::value::to_raw_value;
    use std::sync::Arc;

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let job = NamedJob {
            account: "acct_1".into(),
            key: "job/file/7".into(),
            due: None,
        };
        let written = JobsInvocation {
            openclaw_jobs: vec![job.clone()],
        };
        let raw = to_raw_value(&written).unwrap();
        assert_eq!(
            raw.get(),
            r#"{"openclaw_jobs":[{"account":"acct_1","key":"job/file/7"}]}"#
        );
        assert_eq!(JobsInvocation::read(&raw).unwrap().openclaw_jobs, [job]);
        let request = to_raw_value(&serde_json::json!({"httpMethod": "GET"})).unwrap();
        assert!(JobsInvocation::read(&request).is_none());
    }

    /// A job that a process has claimed and died at, for an invocation that lasts so many seconds:
    /// the outcome, and how often the job was done.
    async fn after_a_death(lasts: i64) -> (Result<(), String>, i64) {
        let clock = ManualClock::jumping(Timestamp::UNIX_EPOCH);
        let fakes = Fakes::new(clock.clone());
        let ports = fakes.ports();
        let ends = vec![ScriptedEnd::Never, ScriptedEnd::Done];
        let (topic, script) = (ScriptedConsumer::TOPIC, Script { ends });
        let job = Job::named("acct_1", topic, "1", clock.now(), &script).unwrap();
        let stored = ports.ledger.transact("acct_1", vec![job.step().unwrap()]);
        stored.await.unwrap();
        let consumer = Arc::new(ScriptedConsumer::new(fakes.ports()));
        // It is polled until it has claimed the job and waits; nobody ever polls it again.
        let still = Ports {
            clock: Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH)),
            ..fakes.ports()
        };
        let killed = work(&still, &*consumer, "acct_1", "job/contract/1");
        assert!(futures_util::FutureExt::now_or_never(killed).is_none());
        let named = NamedJob {
            account: "acct_1".into(),
            key: job.ledger_key(),
            due: None,
        };
        let end = time::shift(clock.now(), lasts);
        let worked = work_on(&ports, &vec![consumer], &named, end).await;
        let done = ports.ledger.get("acct_1", "done/1").await.unwrap();
        let count = done.as_ref().and_then(Item::counters);
        (worked, count.map_or(0, |count| count["n"]))
    }

    #[tokio::test]
    async fn a_job_whose_worker_died_is_done_when_its_claim_ends() {
        let (worked, done) = after_a_death(60).await;
        assert_eq!((worked, done), (Ok(()), 1));
    }

    #[tokio::test]
    async fn an_invocation_without_time_for_that_fails_and_so_comes_again() {
        let (worked, done) = after_a_death(20).await;
        let why = worked.unwrap_err();
        assert!(why.contains("someone works on it until"), "{why}");
        assert_eq!(done, 0);
    }
}
