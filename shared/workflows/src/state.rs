//! How a run stands: its log, summed up.

use crate::{
    definition::StepError,
    event::{Entry, Event},
};
use openclaw_core::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

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
    pub(crate) result: Value,
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
        match &entry.event {
            Event::RunStarted => {}
            Event::StepStarted {
                step,
                attempt,
                input,
            } => self.started(step, *attempt, input, entry.at),
            Event::StepWaiting { step, until, name } => self.change(step, |it| {
                it.status = StepStatus::Waiting;
                it.until = *until;
                it.awaited.clone_from(name);
            }),
            Event::StepCompleted {
                step,
                result,
                consumed,
            } => {
                self.change(step, |it| {
                    it.status = StepStatus::Completed;
                    it.result = result.clone();
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
            Event::EventReceived { name, data } => self.received.push(Received {
                number,
                name: name.clone(),
                data: data.clone(),
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
            result: Value::Null,
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
