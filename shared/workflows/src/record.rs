//! What is stored of workflows and runs in an account's ledger, and where.

use crate::{definition::StepError, values::StoredValue};
use openclaw_core::{
    Random, Result, Timestamp,
    documents::put_until,
    id,
    ledger::{Step, When},
    time::{DAY, shift},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `workflow/<id>` → [`WorkflowRecord`].
pub(crate) const WORKFLOW: &str = "workflow/";
/// `run/<id>` → [`RunRecord`]; the newest is the first.
pub(crate) const RUN: &str = "run/";
/// `run-input/<id>` → [`RunInput`].
pub(crate) const INPUT: &str = "run-input/";
/// `run-log/<id>/<number of the first entry>` → its entries.
pub(crate) const LOG: &str = "run-log/";
/// How many workflows the account has, and how many runs that have not ended.
pub(crate) const COUNTS: &str = "workflows";
pub(crate) const WORKFLOWS_FIELD: &str = "n";
pub(crate) const RUNS_FIELD: &str = "runs";

/// Days that a run may take.
pub const MAX_RUN_DAYS: i64 = 30;

/// Days for which a run is kept after its end.
const KEPT_DAYS: i64 = 30;

/// Milliseconds of a time that is later than any: ids that count down from it list the newest first.
const END_OF_TIME: i64 = 9_999_999_999_999;

/// Whether a workflow may be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum WorkflowStatus {
    /// It may.
    #[default]
    Active,
    /// It is kept, and neither started nor scheduled.
    Disabled,
}

/// A workflow of an account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct WorkflowRecord {
    /// Its id.
    pub id: String,
    /// As it was written.
    pub definition: Value,
    /// Whether it may be run.
    #[serde(default)]
    pub status: WorkflowStatus,
    /// The key that wrote it last: scheduled runs are accounted to it.
    pub key: String,
    /// Which of the key's secrets that was.
    pub generation: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum RunStatus {
    /// Its first step has not begun.
    Queued,
    /// It is worked on.
    Running,
    /// It waits: for a time, for an event, or for a step's next attempt.
    Waiting,
    /// It has its result.
    Completed,
    /// It failed.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl RunStatus {
    /// Whether nothing more happens.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// A run, without what happened in it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RunRecord {
    /// Its id.
    pub id: String,
    /// The workflow.
    pub workflow: String,
    /// How it stands.
    pub status: RunStatus,
    /// The key that started it.
    pub key: String,
    /// Which of the key's secrets that was.
    pub generation: u64,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Until when it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<StepError>,
    /// The run that it is done again of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<String>,
    /// The time of the schedule that began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<Timestamp>,
    /// The types of events, or `*`, that the account's webhooks want of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
}

/// What a run began with.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct RunInput {
    pub(crate) definition: Value,
    pub(crate) parameters: Value,
    /// Where the parameters are, if they are not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stored: Option<StoredValue>,
}

impl RunRecord {
    /// When it has taken too long.
    pub fn deadline(&self) -> Timestamp {
        shift(self.created_at, MAX_RUN_DAYS * DAY)
    }

    /// When what happened in it is gone.
    pub(crate) fn log_expires(&self) -> Timestamp {
        shift(self.created_at, (MAX_RUN_DAYS + KEPT_DAYS + 1) * DAY)
    }

    /// The step that writes it.
    pub(crate) fn put(&self, when: When) -> Result<Step> {
        let expires = match self.ended_at {
            Some(at) => shift(at, KEPT_DAYS * DAY),
            None => self.log_expires(),
        };
        put_until(format!("{RUN}{}", self.id), self, when, Some(expires))
    }
}

/// A new run's id: ids of later runs sort before those of earlier ones.
pub(crate) fn run_id(random: &dyn Random, now: Timestamp) -> String {
    let left = END_OF_TIME.saturating_sub(now.as_millisecond());
    let mut id = format!("run_{}", id::base62(left.unsigned_abs(), 8));
    id::push_random(&mut id, random, 22);
    id
}
