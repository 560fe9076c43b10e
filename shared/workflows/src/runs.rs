//! Runs: started, looked at, told of events, cancelled, done again.

use crate::{
    Workflows,
    definition::Definition,
    engine::MAX_RESULT,
    event::{Entry, Event},
    log,
    program::Program,
    record::{INPUT, RUN, RunInput, RunRecord, RunStatus, WorkflowStatus},
    start::{Before, COUNTED, NewRun, max_running},
    state::State,
    values::Values,
    view::{RunView, StepView},
    workflows::Workflow,
};
use openclaw_core::{
    Code, Error, Result,
    documents::{Tries, apply, find, some},
    ledger::Outcome,
    queue::Job,
};
use openclaw_schema::{
    account::Account,
    list::{List, Page},
};
use openclaw_skills::schema::Schema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::HashSet, time::Duration};

/// Runs that are read at a time, and that one request looks at.
const READ: usize = 200;
const LOOKED_AT: usize = 5000;

/// Events that are sent to a run.
const MAX_RECEIVED: usize = 1000;

/// Bytes of a run's id.
const MAX_ID: usize = 64;

/// Who starts a run.
#[derive(Clone, Copy, Debug)]
pub struct Starter<'a> {
    /// The account.
    pub account: &'a Account,
    /// The key's id.
    pub key: &'a str,
    /// Which of its secrets was shown.
    pub generation: u64,
}

/// Which runs are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RunFilter {
    /// Those of this workflow.
    pub workflow: Option<String>,
    /// Those that stand so.
    pub status: Option<RunStatus>,
}

impl RunFilter {
    fn allows(&self, run: &RunRecord) -> bool {
        let workflow = self.workflow.as_ref();
        workflow.is_none_or(|workflow| *workflow == run.workflow)
            && self.status.is_none_or(|status| status == run.status)
    }
}

impl Workflows {
    /// Starts a run: 400 where the parameters are wrong, 404, 409 where the workflow is disabled, 429 where
    /// the account has as many runs as it may.
    pub async fn start(
        &self,
        starter: Starter<'_>,
        id: &str,
        parameters: Option<Value>,
    ) -> Result<RunRecord> {
        let Workflow { record, .. } = self.find(&starter.account.id, id).await?;
        if record.status == WorkflowStatus::Disabled {
            let message = format!("The workflow '{id}' is disabled");
            return Err(Error::new(Code::Conflict, message));
        }
        let parameters = parameters.unwrap_or_else(|| Value::Object(Map::new()));
        ensure_parameters(&record.definition, &parameters)?;
        let new = NewRun {
            account: starter.account,
            key: starter.key,
            generation: starter.generation,
            workflow: id,
            definition: &record.definition,
            parameters: &parameters,
            rerun_of: None,
            scheduled_for: None,
        };
        self.begin(new, None).await
    }

    async fn begin(&self, new: NewRun<'_>, before: Option<Before>) -> Result<RunRecord> {
        let (account, tier) = (new.account.id.clone(), new.account.tier);
        let (run, steps) = new.steps(&self.ports, self.now(), before).await?;
        let outcome = self.ports.ledger.transact(&account, steps).await?;
        if let Outcome::Refused { .. } = outcome {
            self.values(&account, &run).discard().await?;
        }
        match outcome {
            Outcome::Applied(applied) => {
                applied.durable.await?;
                Ok(run)
            }
            Outcome::Refused { step: COUNTED } => {
                let max = max_running(tier);
                let message = format!("The account has {max} runs, which is its limit at once");
                let error = Error::new(Code::RateLimitExceeded, message);
                Err(error.with_retry_after(Duration::from_secs(5)))
            }
            Outcome::Refused { .. } => Err(Error::internal("a run's id was taken")),
        }
    }

    /// Those of an account, the newest first. A page may have fewer than there are where a filter leaves
    /// out thousands: its last id then continues the search, as always.
    pub async fn runs(
        &self,
        account: &str,
        filter: &RunFilter,
        page: &Page,
    ) -> Result<List<RunRecord>> {
        let (mut found, mut after, mut looked_at) = (vec![], page.after.clone(), 0);
        while found.len() <= page.limit && looked_at < LOOKED_AT {
            let some: Vec<RunRecord> =
                some(&*self.ports.ledger, account, RUN, after.as_deref(), READ).await?;
            let Some(last) = some.last() else {
                break;
            };
            after = Some(last.id.clone());
            looked_at += some.len();
            found.extend(some.into_iter().filter(|run| filter.allows(run)));
        }
        Ok(List::page(found, page))
    }

    /// One run; 404.
    pub async fn run(&self, account: &str, id: &str) -> Result<RunRecord> {
        if id.len() > MAX_ID {
            return Err(no_run(id));
        }
        let key = format!("{RUN}{id}");
        let found = find::<RunRecord>(&*self.ports.ledger, account, &key).await?;
        found.map(|run| run.value).ok_or_else(|| no_run(id))
    }

    /// The same with what happened in it; 404.
    pub async fn view(&self, account: &str, id: &str) -> Result<RunView> {
        let run = self.run(account, id).await?;
        let values = self.values(account, &run);
        let input = values.whole(self.input(account, id).await?).await?;
        let mut state = log::state(&*self.ports.ledger, account, id).await?;
        let shown = state.shown();
        values.read(&mut state.values, &shown).await?;
        let definition = definition_of(&input)?;
        Ok(RunView::new(run, &definition, input.parameters, &state))
    }

    fn values(&self, account: &str, run: &RunRecord) -> Values {
        Values::new(&self.ports, account, run)
    }

    /// A step of a run, whole; 404.
    pub async fn step(&self, account: &str, id: &str, path: &str) -> Result<StepView> {
        let run = self.run(account, id).await?;
        let definition = definition_of(&self.input(account, id).await?)?;
        let mut state = log::state(&*self.ports.ledger, account, id).await?;
        let stored = state.stored(path);
        self.values(account, &run)
            .read(&mut state.values, &stored)
            .await?;
        let program = Program::new(&definition);
        let view = StepView::find(&program, &state, path);
        view.ok_or_else(|| Error::not_found(format_args!("step '{path}'")))
    }

    async fn input(&self, account: &str, id: &str) -> Result<RunInput> {
        let found = find(&*self.ports.ledger, account, &format!("{INPUT}{id}")).await?;
        let found = found.map(|input| input.value);
        found.ok_or_else(|| no_run(id))
    }

    /// The entries of a run's log from that number on, the run's result among them as it is.
    pub async fn entries(&self, account: &str, id: &str, from: u64) -> Result<Vec<(u64, Entry)>> {
        let entries = match from {
            0 => log::read(&*self.ports.ledger, account, id, 0).await?,
            // What follows is asked for by its own number, unless it stands within a document.
            from => {
                let some = log::read(&*self.ports.ledger, account, id, from).await?;
                match some.first() {
                    Some((first, _)) if *first == from => some,
                    _ => log::read(&*self.ports.ledger, account, id, 0).await?,
                }
            }
        };
        let entries = entries.into_iter();
        let mut entries: Vec<_> = entries.filter(|(number, _)| *number >= from).collect();
        if let Some((_, Entry { event, .. })) = entries.last_mut()
            && let Event::RunCompleted { result, stored } = event
            && let Some(stored) = stored.take()
        {
            let run = self.run(account, id).await?;
            *result = self.values(account, &run).get(&stored).await?;
        }
        Ok(entries)
    }

    /// Whether there is an entry of that number.
    pub async fn has_entry(&self, account: &str, id: &str, number: u64) -> Result<bool> {
        let found = self
            .ports
            .ledger
            .get(account, &log::key(id, number))
            .await?;
        Ok(found.is_some())
    }

    /// The steps of a run's definition; 404.
    pub async fn program(&self, account: &str, id: &str) -> Result<Program> {
        Ok(Program::new(&definition_of(
            &self.input(account, id).await?,
        )?))
    }

    /// Sends a run an event: 404, 409 where the run has ended.
    pub async fn send_event(
        &self,
        account: &str,
        id: &str,
        name: &str,
        data: Value,
    ) -> Result<RunRecord> {
        if data.to_string().len() > MAX_RESULT {
            return Err(Error::invalid(
                "data",
                format!("must have at most {MAX_RESULT} bytes"),
            ));
        }
        let event = Event::EventReceived {
            name: name.to_owned(),
            data,
            stored: None,
        };
        self.add(account, id, event).await
    }

    /// Ends a run: 404, 409 where it has ended.
    pub async fn cancel(&self, account: &str, id: &str) -> Result<RunRecord> {
        self.add(account, id, Event::RunCancelled).await
    }

    /// Adds to a run's log, beside whoever works on it.
    async fn add(&self, account: &str, id: &str, mut event: Event) -> Result<RunRecord> {
        let ledger = &*self.ports.ledger;
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let mut run = self.run(account, id).await?;
            let state = log::state(ledger, account, id).await?;
            if run.status.is_end() || state.end().is_some() {
                return Err(Error::new(Code::Conflict, "The run has ended"));
            }
            if state.received.len() >= MAX_RECEIVED {
                let message = format!("A run is sent at most {MAX_RECEIVED} events");
                return Err(Error::new(Code::Conflict, message));
            }
            let now = self.now();
            let values = self.values(account, &run);
            values.store(&mut event, !state.has_stored).await?;
            let mut steps = log::append(&run, state.entries(), std::slice::from_ref(&event), now)?;
            if event.is_last() {
                steps.extend(run.end(account, &event, now)?);
                steps.push(Job::cancel(crate::TOPIC, id));
            } else if state.is_waiting() {
                // Nobody works on it: whoever was about to rest has said so before.
                steps.push(Job::named(account, crate::TOPIC, id, now, &json!({}))?.step()?);
            }
            if apply(ledger, account, steps).await? {
                return Ok(run);
            }
        }
    }

    /// Starts a run with the definition and parameters of another one, from a step on: what was done before
    /// it is taken from there. 400 where there is no such step, 404, 429.
    pub async fn rerun(
        &self,
        starter: Starter<'_>,
        id: &str,
        from_step: Option<&str>,
    ) -> Result<RunRecord> {
        let account = &starter.account.id;
        let run = self.run(account, id).await?;
        let values = self.values(account, &run);
        let input = values.whole(self.input(account, id).await?).await?;
        let before = match from_step {
            None => None,
            Some(step) => {
                let entries = log::read(&*self.ports.ledger, account, id, 0).await?;
                let events = done_before(&definition_of(&input)?, step, entries)?;
                Some(Before { events, values })
            }
        };
        let new = NewRun {
            account: starter.account,
            key: starter.key,
            generation: starter.generation,
            workflow: &run.workflow,
            definition: &input.definition,
            parameters: &input.parameters,
            rerun_of: Some(run.id),
            scheduled_for: None,
        };
        self.begin(new, before).await
    }
}

/// What happened in the steps before one of the definition's own list.
fn done_before(
    definition: &Definition,
    step: &str,
    entries: Vec<(u64, Entry)>,
) -> Result<Vec<Event>> {
    let program = Program::new(definition);
    let root = program.root.iter();
    let first = root.copied().find(|index| program.nodes[*index].id == step);
    let first = first
        .ok_or_else(|| Error::invalid("from_step", "must be a step of the workflow's own list"))?;
    let ids: HashSet<_> = program.nodes[..first]
        .iter()
        .map(|node| &*node.id)
        .collect();
    let state = State::of(entries.iter().map(|(_, entry)| entry.clone()));
    let is_kept = |path: &str| {
        let id = path.split('[').next().unwrap_or_default();
        ids.contains(id) && !state.is_open(path)
    };
    let events = entries.into_iter().map(|(_, entry)| entry.event);
    let kept = events.filter_map(|event| match event {
        Event::StepStarted { ref step, .. } if is_kept(step) => Some(event),
        Event::StepCompleted {
            step,
            result,
            stored,
            ..
        } if is_kept(&step) => Some(Event::StepCompleted {
            step,
            result,
            stored,
            consumed: None,
        }),
        Event::StepFailed { ref step, .. } if is_kept(step) => Some(event),
        Event::StepCancelled { ref step } if is_kept(step) => Some(event),
        _ => None,
    });
    let kept: Vec<_> = kept.collect();
    let bytes = |event: &Event| serde_json::to_string(event).map_or(0, |text| text.len());
    let stored = kept.iter().filter_map(Event::stored);
    let stored: u64 = stored.map(|stored| stored.bytes).sum();
    if kept.iter().map(bytes).sum::<usize>() > MAX_RERUN || stored > MAX_RERUN_STORED {
        let message = "What was done before is too much to be taken over";
        return Err(Error::new(Code::PayloadTooLarge, message));
    }
    Ok(kept)
}

/// Bytes that a rerun takes from the run that it is done again of: one transaction begins it.
const MAX_RERUN: usize = 2 * 1024 * 1024;

/// Bytes of large values that it takes, each of which is copied.
const MAX_RERUN_STORED: u64 = 16 * 1024 * 1024;

fn definition_of(input: &RunInput) -> Result<Definition> {
    serde_json::from_value(input.definition.clone()).map_err(Error::internal)
}

/// 400, each fault with its path.
pub(crate) fn ensure_parameters(definition: &Value, parameters: &Value) -> Result<()> {
    if !parameters.is_object() {
        return Err(Error::invalid("parameters", "must be an object"));
    }
    if parameters.to_string().len() > MAX_RESULT {
        let issue = format!("must have at most {MAX_RESULT} bytes");
        return Err(Error::invalid("parameters", issue));
    }
    let Some(schema) = definition.get("parameters") else {
        return Ok(());
    };
    let schema = Schema::new(schema, "parameters");
    let schema = schema.map_err(|faults| Error::internal(format_args!("{faults:?}")))?;
    Error::ensure_faultless(schema.faults(parameters, "parameters"))
}

fn no_run(id: &str) -> Error {
    Error::not_found(format_args!("run '{id}'"))
}
