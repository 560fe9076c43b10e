//! Moves runs on: the consumer of their jobs.
//!
//! Whoever works on a run writes what it decided before it does anything, and what came of it after that.
//! Each write demands that nobody has written in between, so whatever is done twice is written once. Where
//! nothing is to be done the log says so ([`Event::RunWaiting`]); whoever adds to it then calls the job back.

mod tasks;

use crate::{
    Program,
    definition::{Definition, StepError},
    engine::{Context, Decision, Engine},
    event::{Entry, Event},
    log,
    perform::Performer,
    record::{INPUT, RUN, RunInput, RunRecord, RunStatus},
    state::State,
    values::{self, StoredValue, Values},
};
use futures_util::{
    FutureExt,
    future::{Either, select},
};
use openclaw_core::{
    BoxFuture, Error, Http, Ports, Result, Timestamp,
    documents::{apply, find},
    ledger::{Step, When},
    queue::{Concurrency, Consumer, End, Job},
    time::whole_second,
};
use openclaw_egress::Egress;
use openclaw_schema::account::Account;
use serde_json::{Value, json};
use std::{pin::pin, sync::Arc, time::Duration};
use tasks::Tasks;

/// The topic of the jobs that move runs on.
pub const TOPIC: &str = "workflow-run";

/// What one attempt of a job may take: what platforms give a function.
const TIME_LIMIT: Duration = Duration::from_secs(870);

/// Whoever died at a run is noticed after that time.
const LEASE: Duration = Duration::from_secs(60);

/// A job that has taken so long, and the longest step on top, hands over to a new one.
const HAND_OVER: Duration = Duration::from_secs(540);

/// Steps after which a job hands over to a new one: platforms bound what one invocation may call.
const MAX_TASKS: usize = 150;

/// How often whoever works on a run looks whether others have added to its log.
const LOOK: Duration = Duration::from_secs(2);

/// What is waited for without giving the job back.
const SHORT: Duration = Duration::from_secs(3);

/// The pauses after attempts of a job that failed, or whose process died: a run outlives hours without its
/// stores, and each of its steps outlives few deaths.
const PAUSES: [Duration; 60] = {
    let mut pauses = [Duration::from_secs(60); 60];
    pauses[0] = Duration::from_secs(1);
    pauses[1] = Duration::from_secs(5);
    pauses[2] = Duration::from_secs(15);
    pauses
};

/// Who started a run, as the gateway knows it.
pub trait Caller: Send + Sync {
    /// A token for a request of the run, while its key may be used; 401, 403.
    fn token<'a>(&'a self, account: &'a str, run: &'a RunRecord) -> BoxFuture<'a, Result<String>>;

    /// The account of that key; 401, 403.
    fn account<'a>(&'a self, key: &'a str, generation: u64) -> BoxFuture<'a, Result<Account>>;
}

/// Works on the jobs that move runs on.
pub struct Runner {
    ports: Ports,
    performer: Performer,
}

/// A run that is worked on.
struct Open {
    account: String,
    run: RunRecord,
    program: Program,
    context: Context,
    state: State,
    values: Values,
    /// Whether some of what it began with is a blob.
    began_with_stored: bool,
}

impl Runner {
    /// Over these ports. `gateway` leads to the gateway's own endpoints of chats and skills, `caller` knows
    /// who starts runs.
    pub fn new(
        ports: Ports,
        egress: Egress,
        gateway: Arc<dyn Http>,
        caller: Arc<dyn Caller>,
    ) -> Self {
        let performer = Performer {
            egress,
            gateway,
            caller,
            clock: ports.clock.clone(),
        };
        Self { ports, performer }
    }

    async fn open(&self, account: &str, id: &str) -> Result<Option<Open>> {
        let ledger = &*self.ports.ledger;
        let run = find::<RunRecord>(ledger, account, &format!("{RUN}{id}")).await?;
        let Some(run) = run.map(|run| run.value).filter(|run| !run.status.is_end()) else {
            return Ok(None);
        };
        let input = find::<RunInput>(ledger, account, &format!("{INPUT}{id}")).await?;
        let input = input.ok_or_else(|| Error::internal("a run without its definition"))?;
        let values = Values::new(&self.ports, account, &run);
        let began_with_stored = input.value.stored.is_some();
        let RunInput {
            definition,
            parameters,
            ..
        } = values.whole(input.value).await?;
        let definition: Definition = serde_json::from_value(definition).map_err(Error::internal)?;
        let context = Context {
            parameters,
            run: json!({
                "id": run.id,
                "workflow": run.workflow,
                "started_at": run.created_at,
                "scheduled_for": run.scheduled_for,
            }),
            deadline: run.deadline(),
        };
        Ok(Some(Open {
            account: account.to_owned(),
            program: Program::new(&definition),
            context,
            state: log::state(ledger, account, id).await?,
            values,
            began_with_stored,
            run,
        }))
    }

    async fn work_on(&self, job: &Job) -> Result<End> {
        if let Some(run) = values::removed_by(job) {
            values::remove(&self.ports, job.account(), run).await?;
            return Ok(End::Done(vec![]));
        }
        let Some(mut open) = self.open(job.account(), job.id()).await? else {
            return Ok(End::Done(vec![]));
        };
        let began = self.now();
        let hand_over = HAND_OVER.min(TIME_LIMIT.saturating_sub(open.longest() + SHORT));
        let (mut tasks, mut made) = (Tasks::default(), 0);
        loop {
            let now = self.now();
            let is_over = made > 0 && (made >= MAX_TASKS || now.duration_since(began) >= hand_over);
            let engine = Engine {
                program: &open.program,
                context: &open.context,
                policy: self.performer.egress.policy(),
            };
            let mut events = outcomes(&engine, &mut open.state, tasks.finished(), now);
            let mut decision = match is_over {
                true => Decision::default(),
                false => engine.advance(&mut open.state, tasks.running(), now),
            };
            events.append(&mut decision.events);
            open.store(&mut events).await?;
            if open.state.end().is_some_and(Event::is_last) {
                return self.end(open, events, now).await;
            }
            if !events.is_empty() && !self.append(&mut open, &events, now).await? {
                continue;
            }
            tasks.forget_finished();
            tasks.retain(|path| open.state.is_open(path));
            made += decision.tasks.len();
            for task in decision.tasks {
                let path = task.path.clone();
                let (account, run) = (open.account.clone(), open.run.clone());
                tasks.start(path, self.performer.clone().attempt(account, run, task));
            }
            open.read(&decision.missing).await?;
            if decision.is_partial || !decision.missing.is_empty() {
                continue;
            }
            let wake = decision.wake.unwrap_or(open.context.deadline);
            if tasks.is_empty() {
                if is_over {
                    return Ok(End::NotBefore(now));
                }
                let pause = wake.duration_since(now);
                if pause > SHORT {
                    match self.rest(&mut open, wake, now).await? {
                        true => return Ok(End::NotBefore(wake)),
                        false => continue,
                    }
                }
                self.ports.clock.sleep(pause).await;
            } else {
                let pause = LOOK.min(wake.duration_since(now).max(Duration::from_millis(1)));
                let timer = self.ports.clock.sleep(pause);
                let next = pin!(tasks.next());
                if let Either::Right(_) = select(next, timer).await {
                    self.look(&mut open).await?;
                }
            }
        }
    }

    /// Writes what has happened; `false` where somebody else has written: the run is as it was read then.
    async fn append(&self, open: &mut Open, events: &[Event], now: Timestamp) -> Result<bool> {
        let next = open.state.entries() - events.len() as u64;
        let mut steps = log::append(&open.run, next, events, now)?;
        if open.run.status != RunStatus::Running {
            open.run.status = RunStatus::Running;
            open.run.until = None;
            steps.push(open.run.put(When::Present)?);
        }
        self.apply(open, steps).await
    }

    /// Notes that nothing is to be done until then; `false` as [`Runner::append`].
    async fn rest(&self, open: &mut Open, until: Timestamp, now: Timestamp) -> Result<bool> {
        if open.state.is_waiting() {
            return Ok(true);
        }
        let event = Event::RunWaiting { until };
        let mut steps = log::append(&open.run, open.state.entries(), &[event], now)?;
        open.run.status = RunStatus::Waiting;
        open.run.until = Some(whole_second(until));
        steps.push(open.run.put(When::Present)?);
        self.apply(open, steps).await
    }

    async fn apply(&self, open: &mut Open, steps: Vec<Step>) -> Result<bool> {
        let ledger = &*self.ports.ledger;
        if apply(ledger, &open.account, steps).await? {
            return Ok(true);
        }
        self.read_again(open).await?;
        Ok(false)
    }

    async fn read_again(&self, open: &mut Open) -> Result<()> {
        let ledger = &*self.ports.ledger;
        let values = std::mem::take(&mut open.state.values);
        open.state = log::state(ledger, &open.account, &open.run.id).await?;
        open.state.values = values;
        let run = format!("{RUN}{}", open.run.id);
        if let Some(run) = find(ledger, &open.account, &run).await? {
            open.run = run.value;
        }
        Ok(())
    }

    /// Whether somebody has added to the log; it is read then.
    async fn look(&self, open: &mut Open) -> Result<()> {
        let next = log::key(&open.run.id, open.state.entries());
        let found = self.ports.ledger.get(&open.account, &next).await?;
        match found {
            None => Ok(()),
            Some(_) => self.read_again(open).await,
        }
    }

    /// The end of the run, written with the end of its job. Where somebody else has ended it, there is
    /// nothing to write.
    async fn end(&self, mut open: Open, events: Vec<Event>, now: Timestamp) -> Result<End> {
        let Some(end) = events.iter().find(|event| event.is_last()) else {
            return Ok(End::Done(vec![]));
        };
        let next = open.state.entries() - events.len() as u64;
        let mut steps = log::append(&open.run, next, &events, now)?;
        steps.extend(open.run.end(&open.account, end, now)?);
        Ok(End::Done(steps))
    }

    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The run failed because its job is given up.
    async fn fail(&self, job: &Job) -> Result<Vec<Step>> {
        let Some(mut open) = self.open(job.account(), job.id()).await? else {
            return Ok(vec![]);
        };
        let now = self.now();
        let error = StepError::new("internal_error", "The run could not be worked on");
        let end = Event::RunFailed { error };
        let next = open.state.entries();
        let mut steps = log::append(&open.run, next, std::slice::from_ref(&end), now)?;
        steps.extend(open.run.end(&open.account, &end, now)?);
        Ok(steps)
    }
}

impl Open {
    /// Keeps in blobs what of `events` is too large for the log.
    async fn store(&mut self, events: &mut [Event]) -> Result<()> {
        for event in events {
            let is_first = !self.began_with_stored && !self.state.has_stored;
            if let Some((_, value)) = self.values.store(event, is_first).await? {
                self.state.refer_to(event, value);
            }
        }
        Ok(())
    }

    /// Reads values that are still to be read.
    async fn read(&mut self, missing: &[StoredValue]) -> Result<()> {
        self.values.read(&mut self.state.values, missing).await
    }

    /// What one attempt of its longest step may take.
    fn longest(&self) -> Duration {
        let times = self
            .program
            .nodes
            .iter()
            .map(|node| crate::engine::time(&node.step));
        times.max().unwrap_or_default()
    }
}

/// What is written of attempts that are over; the state is brought up to date.
fn outcomes(
    engine: &Engine<'_>,
    state: &mut State,
    finished: &[(String, Result<Value, StepError>)],
    now: Timestamp,
) -> Vec<Event> {
    let mut events = vec![];
    for (path, made) in finished {
        if let Some(event) = engine.outcome(state, path, made.clone(), now) {
            state.add(&Entry {
                at: now,
                event: event.clone(),
            });
            events.push(event);
        }
    }
    events
}

impl Consumer for Runner {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn time_limit(&self) -> Duration {
        TIME_LIMIT
    }

    fn lease(&self) -> Option<Duration> {
        Some(LEASE)
    }

    fn pauses(&self) -> &[Duration] {
        &PAUSES
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency {
            total: 512,
            per_group: 256,
            per_account: 256,
        }
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        async move {
            self.work_on(job).await.unwrap_or_else(|error| {
                let cause = error.cause.as_deref().unwrap_or_default();
                tracing::warn!(run = job.id(), %error, cause, "a run could not be worked on");
                End::failed(error.to_string())
            })
        }
        .boxed()
    }

    fn give_up<'a>(&'a self, job: &'a Job, _reason: &'a str) -> BoxFuture<'a, Vec<Step>> {
        async move { self.fail(job).await.unwrap_or_default() }.boxed()
    }
}
