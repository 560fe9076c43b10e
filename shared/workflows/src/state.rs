//! How a run stands: its log, summed up.

use crate::{
    definition::StepError,
    event::{Entry, Event},
    values::{ReadValues, StoredValue},
};
use openclaw_core::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Bytes of results that a run's steps show together; each is shown whole by itself.
pub(crate) const MAX_SHOWN: u64 = 1024 * 1024;

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum StepStatus {
    /// It was not begun.
    Pending,
    /// An attempt runs, or steps within it do.
    Running,
    /// It waits: for a time, for an event, or for its next attempt.
    Waiting,
    /// It has its result.
    Completed,
    /// It failed for good.
    Failed,
    /// The run ended, or what holds the step failed, before it had an end.
    Cancelled,
}

/// A step that was begun.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) status: StepStatus,
    /// Attempts that were begun.
    pub(crate) attempts: u32,
    /// Attempts that failed and count.
    pub(crate) failures: u32,
    /// Attempts that were told to come back.
    pub(crate) busy: u32,
    pub(crate) input: Value,
    /// Where the items of a `foreach` are, if they are not in its input.
    pub(crate) stored_items: Option<StoredValue>,
    pub(crate) result: Value,
    /// Where the result is, if it is not here.
    pub(crate) stored: Option<StoredValue>,
    pub(crate) error: Option<StepError>,
    pub(crate) started_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    /// Until when it waits.
    pub(crate) until: Option<Timestamp>,
    /// For an event of this name.
    pub(crate) awaited: Option<String>,
}

/// An event that somebody sent.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) data: Value,
    pub(crate) stored: Option<StoredValue>,
    pub(crate) is_consumed: bool,
}

/// How a run stands.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Entries so far: the number of the next one.
    pub(crate) next: u64,
    /// Steps in the order in which they were begun.
    pub(crate) order: Vec<String>,
    pub(crate) steps: BTreeMap<String, Instance>,
    pub(crate) received: Vec<Received>,
    /// Until when nothing is done, where that is the last that happened.
    pub(crate) waiting: Option<Timestamp>,
    pub(crate) end: Option<Event>,
    /// Whether some of its values are blobs.
    pub(crate) has_stored: bool,
    /// Those of them that were read.
    pub(crate) values: ReadValues,
}

impl Instance {
    /// How many items a `foreach` goes through.
    pub(crate) fn count(&self) -> usize {
        let here = self.input["items"].as_array().map(Vec::len);
        let there = self.input["count"]
            .as_u64()
            .and_then(|count| count.try_into().ok());
        here.or(there).unwrap_or_default()
    }

    /// Bytes of its result as JSON.
    pub(crate) fn result_bytes(&self) -> usize {
        match &self.stored {
            Some(stored) => usize::try_from(stored.bytes).unwrap_or(usize::MAX),
            None => self.result.to_string().len(),
        }
    }
}

impl State {
    /// How the run stands after `entries`.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut state = Self::default();
        entries.into_iter().for_each(|entry| state.add(&entry));
        state
    }

    /// Entries so far.
    pub const fn entries(&self) -> u64 {
        self.next
    }

    /// How the run ended; `None` while it has not.
    pub const fn end(&self) -> Option<&Event> {
        self.end.as_ref()
    }

    /// Whether nobody works on it, as the last entry says.
    pub const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// A step's result; `None` where it is a blob that was not read.
    pub(crate) fn result<'a>(&'a self, step: &'a Instance) -> Option<&'a Value> {
        match &step.stored {
            Some(stored) => self.values.get(stored),
            None => Some(&step.result),
        }
    }

    /// What a `foreach` goes through, likewise.
    pub(crate) fn items<'a>(&'a self, step: &'a Instance) -> Option<&'a Value> {
        match &step.stored_items {
            Some(stored) => self.values.get(stored),
            None => Some(&step.input["items"]),
        }
    }

    /// The blobs of a step.
    pub(crate) fn stored(&self, path: &str) -> Vec<StoredValue> {
        let step = self.steps.get(path);
        let stored = step
            .into_iter()
            .flat_map(|step| [&step.stored_items, &step.stored]);
        stored.flatten().cloned().collect()
    }

    /// The blobs that there is room for where the run is shown, its result among them.
    pub(crate) fn shown(&self) -> Vec<StoredValue> {
        let result = self.end.as_ref().and_then(Event::stored).cloned();
        let mut left = MAX_SHOWN;
        let steps = self.order.iter().flat_map(|path| self.stored(path));
        let steps = steps.filter(|stored| {
            let has_room = stored.bytes <= left;
            left -= if has_room { stored.bytes } else { 0 };
            has_room
        });
        let steps: Vec<_> = steps.collect();
        result.into_iter().chain(steps).collect()
    }

    /// An event's value is a blob now.
    pub(crate) fn refer_to(&mut self, event: &Event, value: Value) {
        let Some(there) = event.stored() else { return };
        match event {
            Event::StepStarted { step, input, .. } => self.change(step, |it| {
                it.input = input.clone();
                it.stored_items = Some(there.clone());
            }),
            Event::StepCompleted { step, .. } => self.change(step, |it| {
                it.result = Value::Null;
                it.stored = Some(there.clone());
            }),
            Event::RunCompleted { .. } => self.end = Some(event.clone()),
            _ => {}
        }
        self.has_stored = true;
        self.values.insert(there, value);
    }

    /// Whether a step was begun and has no end.
    pub(crate) fn is_open(&self, path: &str) -> bool {
        let step = self.steps.get(path);
        step.is_some_and(|step| step.ended_at.is_none())
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: &Entry) {
        let number = self.next;
        self.next += 1;
        self.waiting = None;
        self.has_stored |= entry.event.stored().is_some();
        match &entry.event {
            Event::RunStarted => {}
            Event::StepStarted {
                step,
                attempt,
                input,
                stored,
            } => {
                self.started(step, *attempt, input, entry.at);
                if stored.is_some() {
                    self.change(step, |it| it.stored_items.clone_from(stored));
                }
            }
            Event::StepWaiting { step, until, name } => self.change(step, |it| {
                it.status = StepStatus::Waiting;
                it.until = *until;
                it.awaited.clone_from(name);
            }),
            Event::StepCompleted {
                step,
                result,
                stored,
                consumed,
            } => {
                self.change(step, |it| {
                    it.status = StepStatus::Completed;
                    it.result = result.clone();
                    it.stored.clone_from(stored);
                    it.error = None;
                    it.ended_at = Some(entry.at);
                });
                let consumed = self
                    .received
                    .iter_mut()
                    .filter(|it| Some(it.number) == *consumed);
                consumed.for_each(|it| it.is_consumed = true);
            }
            Event::StepFailed {
                step,
                error,
                retry_at,
                busy,
            } => self.change(step, |it| {
                it.failures += u32::from(!busy);
                it.busy += u32::from(*busy);
                it.error = Some(error.clone());
                it.until = *retry_at;
                match retry_at {
                    Some(_) => it.status = StepStatus::Waiting,
                    None => {
                        it.status = StepStatus::Failed;
                        it.ended_at = Some(entry.at);
                    }
                }
            }),
            Event::StepCancelled { step } => self.change(step, |it| {
                it.status = StepStatus::Cancelled;
                it.ended_at = Some(entry.at);
            }),
            Event::EventReceived { name, data, stored } => self.received.push(Received {
                number,
                name: name.clone(),
                data: data.clone(),
                stored: stored.clone(),
                is_consumed: false,
            }),
            Event::RunWaiting { until } => self.waiting = Some(*until),
            end => self.ended(end, entry.at),
        }
    }

    fn started(&mut self, step: &str, attempt: u32, input: &Value, at: Timestamp) {
        if !self.steps.contains_key(step) {
            self.order.push(step.to_owned());
        }
        let instance = self.steps.entry(step.to_owned()).or_insert(Instance {
            status: StepStatus::Running,
            attempts: 0,
            failures: 0,
            busy: 0,
            input: Value::Null,
            stored_items: None,
            result: Value::Null,
            stored: None,
            error: None,
            started_at: at,
            ended_at: None,
            until: None,
            awaited: None,
        });
        instance.status = StepStatus::Running;
        instance.attempts = attempt;
        instance.until = None;
        if !input.is_null() {
            instance.input = input.clone();
        }
    }

    fn change(&mut self, step: &str, change: impl FnOnce(&mut Instance)) {
        if let Some(instance) = self.steps.get_mut(step) {
            change(instance);
        }
    }

    fn ended(&mut self, end: &Event, at: Timestamp) {
        self.end = Some(end.clone());
        let open = self.steps.values_mut();
        let open = open.filter(|it| matches!(it.status, StepStatus::Running | StepStatus::Waiting));
        for instance in open {
            instance.status = StepStatus::Cancelled;
            instance.ended_at = Some(at);
        }
    }
}
