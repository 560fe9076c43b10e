//! What to do next: a definition and what has happened in, decisions out. No I/O, no clock.

mod outcome;
mod render;
mod walk;

pub use render::Work;
pub(crate) use render::time;

use crate::{
    Program,
    event::{Entry, Event},
    state::State,
    values::StoredValue,
};
use openclaw_core::Timestamp;
use openclaw_egress::Policy;
use serde_json::Value;
use std::{collections::HashSet, time::Duration};

/// Steps that a run executes, each item of a `foreach` counted.
pub const MAX_EXECUTED: usize = 1000;

/// Bytes of a step's result, as JSON; also of what a `foreach` goes through.
pub const MAX_RESULT: usize = 256 * 1024;

/// Seconds that one attempt may take where its step does not say.
pub const ATTEMPT_SECONDS: u64 = 300;

/// Events that are decided on at a time.
const MAX_EVENTS: usize = 100;

/// Bytes of results and inputs that are decided on at a time.
const MAX_BYTES: usize = 256 * 1024;

/// Bytes of values that are asked for at a time, unless a single step names more.
const MAX_MISSING: u64 = 4 * 1024 * 1024;

/// What a run is about.
#[derive(Clone, Debug)]
pub struct Context {
    /// Its parameters.
    pub parameters: Value,
    /// What templates see as `run`.
    pub run: Value,
    /// When it has taken too long.
    pub deadline: Timestamp,
}

/// An attempt of a step, to be made outside.
#[derive(Clone, Debug)]
pub struct Task {
    /// The step.
    pub path: String,
    /// What is to be done.
    pub work: Work,
    /// What it may take.
    pub time: Duration,
    /// Attempts of it that failed before.
    pub failures: u32,
}

/// What was decided.
#[derive(Debug, Default)]
pub struct Decision {
    /// What has happened with that: to be written before anything else is done.
    pub events: Vec<Event>,
    /// What is to be done then.
    pub tasks: Vec<Task>,
    /// When to look again, if nothing happens before.
    pub wake: Option<Timestamp>,
    /// Whether there is more to decide on at once.
    pub is_partial: bool,
    /// Values that have to be read before more can be decided on.
    pub missing: Vec<StoredValue>,
}

/// Follows a program.
pub struct Engine<'a> {
    /// The program.
    pub program: &'a Program,
    /// What the run is about.
    pub context: &'a Context,
    /// Where requests may go.
    pub policy: &'a Policy,
}

impl Engine<'_> {
    /// Decides what to do next. `state` is brought up to date; `running` are the steps that are being
    /// worked on: others that seem to be were cut off, and are begun again.
    pub fn advance(
        &self,
        state: &mut State,
        running: &HashSet<String>,
        now: Timestamp,
    ) -> Decision {
        walk::Walk::new(self, state, running, now).run()
    }
}

/// Adds an event to the state and to what was decided.
fn note(state: &mut State, decision: &mut Decision, event: Event, now: Timestamp) {
    state.add(&Entry {
        at: now,
        event: event.clone(),
    });
    decision.events.push(event);
}
