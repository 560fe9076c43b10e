//! Workflows: steps that are done one after the other, side by side or for each of some items, durably.
//!
//! - [`Definition`] is what a workflow is, as it is written; [`check`] names all that is wrong at once
//! - [`Program`] is a definition as it is followed; [`engine`] says what to do next: pure
//! - a run is its log of [`Event`]s ([`State`] sums it up), each entry written once, under its number: whoever
//!   comes second finds it there
//! - [`Workflows`] keeps definitions and runs; [`Runner`] is the consumer of the jobs that move runs on,
//!   [`Scheduler`] of those that begin them by the clock

mod advance;
pub mod check;
pub mod definition;
pub mod engine;
mod event;
mod log;
mod perform;
mod program;
mod record;
mod runs;
pub mod schedule;
mod scheduler;
mod shipped;
mod start;
mod state;
mod values;
mod view;
mod workflows;

pub use advance::{Caller, Runner, TOPIC};
pub use check::{Names, Read};
pub use definition::Definition;
pub use event::{Entry, Event};
pub use program::Program;
pub use record::{MAX_RUN_DAYS, RunRecord, RunStatus, WorkflowRecord, WorkflowStatus};
pub use runs::{RunFilter, Starter};
pub use scheduler::Scheduler;
pub use state::{State, StepStatus};
pub use values::StoredValue;
pub use view::{RunView, StepView, WorkflowView, shown_event};
pub use workflows::{Workflow, Workflows};
