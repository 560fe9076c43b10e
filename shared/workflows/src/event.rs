//! What happens in a run, one after the other: its log, which all else about it is read from.

use crate::{definition::StepError, values::StoredValue};
use openclaw_core::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run is there.
    RunStarted,
    /// An attempt of a step begins.
    StepStarted {
        /// The step: its id, and the places of the items that it is done for, such as `fetch[3]`.
        step: String,
        /// From 1.
        attempt: u32,
        /// What it is to do, as far as that is shown and needed.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        input: Value,
        /// Where the items of a `foreach` are, if they are too large for the log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<StoredValue>,
    },
    /// A step waits.
    StepWaiting {
        /// The step.
        step: String,
        /// Until then, at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// For an event of this name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// A step has its result.
    StepCompleted {
        /// The step.
        step: String,
        /// Its result.
        #[serde(default)]
        result: Value,
        /// Where that is, if it is too large for the log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<StoredValue>,
        /// The event that it waited for, by its number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        consumed: Option<u64>,
    },
    /// An attempt failed.
    StepFailed {
        /// The step.
        step: String,
        /// Why.
        error: StepError,
        /// When it is tried again; not at all where that is not there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<Timestamp>,
        /// Whether the attempt counts: one does not where it was told to come back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        busy: bool,
    },
    /// What holds a step failed before the step had an end.
    StepCancelled {
        /// The step.
        step: String,
    },
    /// Somebody sent an event.
    EventReceived {
        /// Its name.
        name: String,
        /// Its data.
        #[serde(default)]
        data: Value,
        /// Where that is, if it is too large for the log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<StoredValue>,
    },
    /// Nothing is done until a time, or until an event comes.
    RunWaiting {
        /// That time.
        until: Timestamp,
    },
    /// The run has its result.
    RunCompleted {
        /// It.
        #[serde(default)]
        result: Value,
        /// Where that is, if it is too large for the log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<StoredValue>,
    },
    /// The run failed.
    RunFailed {
        /// Why.
        error: StepError,
    },
    /// Somebody ended the run.
    RunCancelled,
}

impl Event {
    /// The name of its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RunStarted => "run_started",
            Self::StepStarted { .. } => "step_started",
            Self::StepWaiting { .. } => "step_waiting",
            Self::StepCompleted { .. } => "step_completed",
            Self::StepFailed { .. } => "step_failed",
            Self::StepCancelled { .. } => "step_cancelled",
            Self::EventReceived { .. } => "event_received",
            Self::RunWaiting { .. } => "run_waiting",
            Self::RunCompleted { .. } => "run_completed",
            Self::RunFailed { .. } => "run_failed",
            Self::RunCancelled => "run_cancelled",
        }
    }

    /// The step that it is about.
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::StepStarted { step, .. }
            | Self::StepWaiting { step, .. }
            | Self::StepCompleted { step, .. }
            | Self::StepFailed { step, .. }
            | Self::StepCancelled { step } => Some(step),
            _ => None,
        }
    }

    /// The step has this result.
    pub(crate) fn completed(step: impl Into<String>, result: Value) -> Self {
        Self::StepCompleted {
            step: step.into(),
            result,
            stored: None,
            consumed: None,
        }
    }

    /// The value in it that may be a large one, and where that is if it is not here.
    pub(crate) fn value(&self) -> Option<(&Value, Option<&StoredValue>)> {
        match self {
            Self::StepStarted { input, stored, .. } => Some((&input["items"], stored.as_ref())),
            Self::StepCompleted { result, stored, .. } | Self::RunCompleted { result, stored } => {
                Some((result, stored.as_ref()))
            }
            Self::EventReceived { data, stored, .. } => Some((data, stored.as_ref())),
            _ => None,
        }
    }

    /// Where its value is, if it is not here.
    pub(crate) fn stored(&self) -> Option<&StoredValue> {
        self.value().and_then(|(_, stored)| stored)
    }

    /// Its value, which is a blob, is there now.
    pub(crate) fn move_to(&mut self, there: &StoredValue) {
        match self {
            Self::StepStarted { stored, .. }
            | Self::StepCompleted { stored, .. }
            | Self::EventReceived { stored, .. }
            | Self::RunCompleted { stored, .. } => *stored = Some(there.clone()),
            _ => {}
        }
    }

    /// Takes its value out, which is there now. Of items it keeps how many there are.
    pub(crate) fn refer_to(&mut self, there: &StoredValue) -> Value {
        self.move_to(there);
        match self {
            Self::StepStarted { input, .. } => {
                let items = input["items"].take();
                let count = items.as_array().map(Vec::len);
                *input = json!({"count": count});
                items
            }
            Self::StepCompleted { result, .. } | Self::RunCompleted { result, .. } => result.take(),
            Self::EventReceived { data, .. } => data.take(),
            _ => Value::Null,
        }
    }

    /// Whether nothing comes after it.
    pub const fn is_last(&self) -> bool {
        matches!(
            self,
            Self::RunCompleted { .. } | Self::RunFailed { .. } | Self::RunCancelled
        )
    }
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}
