//! What a workflow is, as it is written.

use openclaw_core::Timestamp;
use openclaw_skills::request::RequestTemplate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A workflow.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "WorkflowDefinition")
)]
pub struct Definition {
    /// Its id; made from the name where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// For people.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The JSON Schema of a run's parameters, which are an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// What is done, one after the other.
    pub steps: Vec<Step>,
    /// A template of the run's result; the last step's where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// When it runs by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleDefinition>,
}

/// A step.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "WorkflowStep")
)]
pub struct Step {
    /// Its name; `step_1` and so on by its place where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is tried again where it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Seconds that one attempt may take, or that an event is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// What becomes of the run where the step fails.
    #[serde(default, skip_serializing_if = "OnError::is_fail")]
    pub on_error: OnError,
    /// What it does.
    #[serde(flatten)]
    pub action: Action,
}

/// What a step does.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "WorkflowAction")
)]
pub enum Action {
    /// Asks a model; the result is its text, or its JSON where `response_format` wants that.
    AiCompletion(AiCompletion),
    /// Executes a command of a skill.
    Skill(SkillCommand),
    /// Sends a request; the result is the answer: `{status, headers, body}`.
    Http(RequestTemplate),
    /// Makes a value.
    Transform {
        /// A template.
        value: Value,
    },
    /// Does one of two lists of steps.
    Condition {
        /// A template, or a value.
        r#if: Value,
        /// What is done where that is true.
        #[serde(default)]
        then: Vec<Step>,
        /// What is done where it is not.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        r#else: Vec<Step>,
    },
    /// Does several lists of steps side by side; the result has that of each, in order.
    Parallel {
        /// The lists.
        branches: Vec<Vec<Step>>,
        /// How many run at once; all where it is not there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        concurrency: Option<usize>,
    },
    /// Does a list of steps for each of some items; the result has that of each, in order.
    Foreach {
        /// A template that gives an array, or one.
        items: Value,
        /// What is done for each; templates see `item` and `index`.
        steps: Vec<Step>,
        /// How many run at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        concurrency: Option<usize>,
    },
    /// Waits, one of the three.
    Wait {
        /// A template, or a number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<Value>,
        /// A template of a time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<String>,
        /// The name of an event, whose data is the result.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        event: Option<String>,
    },
}

/// A model call.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "AiCompletionStep")
)]
pub struct AiCompletion {
    /// A template of the model's id.
    pub model: String,
    /// A template of what it is asked.
    pub prompt: String,
    /// A template of what it is told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Whatever else a chat may have, as templates: `max_tokens`, `response_format`, `skills`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// A command of a skill.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SkillStep")
)]
pub struct SkillCommand {
    /// The skill's id.
    pub skill: String,
    /// The command's name.
    pub command: String,
    /// A template.
    #[serde(default)]
    pub parameters: Map<String, Value>,
}

/// How a step is tried again.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "StepRetry")
)]
pub struct Retry {
    /// Attempts in all, the first among them.
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each.
    #[serde(default = "one")]
    pub backoff_seconds: f64,
}

const fn one() -> f64 {
    1.0
}

/// What becomes of the run where a step fails.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "StepOnError")
)]
pub enum OnError {
    /// What holds the step fails as well.
    #[default]
    Fail,
    /// The next step is done.
    Continue,
    /// This step of the same list is done, which comes later in it.
    Goto(String),
}

impl OnError {
    fn is_fail(&self) -> bool {
        *self == Self::Fail
    }
}

/// When a workflow runs by itself.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "WorkflowSchedule")
)]
pub struct ScheduleDefinition {
    /// Five fields: minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// A zone of the IANA database; UTC where it is not there.
    #[serde(default = "utc")]
    pub timezone: String,
    /// The parameters of each run.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
}

fn utc() -> String {
    "UTC".into()
}

/// An error of a step or a run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct StepError {
    /// A code of the API.
    pub code: String,
    /// What happened, safe to show.
    pub message: String,
    /// Whether another attempt may help.
    #[serde(skip)]
    pub is_temporary: bool,
    /// When to come back, where that was said: such an attempt does not count.
    #[serde(skip)]
    pub busy_until: Option<Timestamp>,
}
