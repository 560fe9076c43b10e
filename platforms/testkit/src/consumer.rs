use futures_util::{FutureExt, future};
use openclaw_core::{
    BoxFuture, Error, Ports, Result,
    ledger::{Delta, Outcome, Step, When},
    queue::{Concurrency, Consumer, End, Job},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);

/// How an attempt of a [`ScriptedConsumer`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptedEnd {
    /// Done, with an addition to the counter `done/ID`.
    Done,
    /// Failed.
    Failed,
    /// Failed for good.
    Dead,
    /// Never.
    Never,
    /// Done, with steps that the ledger refuses.
    Refused,
}

/// What jobs of the topic `contract` hold: how each attempt ends in turn. Whatever comes after the
/// last ends like it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Script {
    /// At least one.
    pub ends: Vec<ScriptedEnd>,
}

/// A consumer that does as each job says, and leaves what a test can see in the job's account: it
/// adds to the counter `n` of `runs/ID` when an attempt starts, of `done/ID` with a job's end, and of
/// `given-up/ID` when it gives a job up. Three attempts, a second apart, of two seconds each.
pub struct ScriptedConsumer {
    ports: Ports,
}

impl ScriptedConsumer {
    /// The topic.
    pub const TOPIC: &str = "contract";

    /// On the ledger that is examined.
    pub const fn new(ports: Ports) -> Self {
        Self { ports }
    }

    async fn attempt(&self, job: &Job) -> Result<End> {
        let Script { ends } = job.payload()?;
        let started = vec![count("runs", job)];
        let noted = self.ports.ledger.transact(job.account(), started).await?;
        if let Outcome::Applied(applied) = noted {
            applied.durable.await?;
        }
        let at = (job.attempt() as usize - 1).min(ends.len() - 1);
        Ok(match ends.get(at) {
            Some(ScriptedEnd::Done) => End::Done(vec![count("done", job)]),
            Some(ScriptedEnd::Failed) => End::failed("as scripted"),
            Some(ScriptedEnd::Dead) => End::Dead("as scripted".into()),
            Some(ScriptedEnd::Never) => future::pending().await,
            Some(ScriptedEnd::Refused) => End::Done(vec![Step::Check {
                key: "nothing".into(),
                when: When::Present,
            }]),
            None => return Err(Error::internal("a script without an end")),
        })
    }
}

fn count(what: &str, job: &Job) -> Step {
    Step::Add {
        key: format!("{what}/{}", job.id()),
        deltas: vec![Delta::new("n", 1)],
        expires: None,
    }
}

impl Consumer for ScriptedConsumer {
    fn topic(&self) -> &'static str {
        Self::TOPIC
    }

    fn time_limit(&self) -> Duration {
        2 * PAUSE
    }

    fn pauses(&self) -> &[Duration] {
        &[PAUSE; 2]
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency {
            total: 16,
            per_group: 4,
            per_account: 4,
        }
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        let attempt = self.attempt(job);
        attempt
            .map(|end| end.unwrap_or_else(|error| End::failed(error.to_string())))
            .boxed()
    }

    fn give_up<'a>(&'a self, job: &'a Job, _reason: &'a str) -> BoxFuture<'a, Vec<Step>> {
        future::ready(vec![count("given-up", job)]).boxed()
    }
}
