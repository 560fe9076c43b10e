//! Workflows and runs as they are shown.

use crate::{
    definition::{Action, Definition, StepError},
    event::{Entry, Event},
    program::Program,
    record::{RunRecord, RunStatus, WorkflowStatus},
    state::{Instance, MAX_SHOWN, State, StepStatus},
    workflows::Workflow,
};
use openclaw_core::{Code, Error, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

/// A workflow.
#[derive(Debug, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Workflow")
)]
pub struct WorkflowView {
    /// Its id.
    id: String,
    /// Always `workflow`.
    object: &'static str,
    /// For people.
    name: String,
    description: String,
    status: WorkflowStatus,
    /// Whether it ships with the gateway.
    builtin: bool,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    /// When it runs next by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_runs: Option<Vec<Timestamp>>,
    #[serde(flatten)]
    rest: Option<Rest>,
}

/// What lists leave out.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct Rest {
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Value>,
    steps: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<Value>,
}

impl WorkflowView {
    /// With its steps.
    pub fn whole(workflow: &Workflow, now: Timestamp) -> Self {
        let field = |name: &str| workflow.record.definition.get(name).cloned();
        Self {
            rest: Some(Rest {
                parameters: field("parameters"),
                steps: field("steps"),
                result: field("result"),
                schedule: field("schedule"),
            }),
            ..Self::summary(workflow, now)
        }
    }

    /// Without them.
    pub fn summary(workflow: &Workflow, now: Timestamp) -> Self {
        let record = &workflow.record;
        let text = |name: &str| {
            let text = record.definition.get(name).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        let own = |at: Timestamp| (!workflow.is_shipped).then_some(at);
        let is_scheduled = record.definition.get("schedule").is_some();
        Self {
            id: record.id.clone(),
            object: "workflow",
            name: text("name"),
            description: text("description"),
            status: record.status,
            builtin: workflow.is_shipped,
            created_at: own(record.created_at),
            updated_at: own(record.updated_at),
            next_runs: is_scheduled.then(|| workflow.next_times(now)),
            rest: None,
        }
    }
}

/// A run, without what happened in it where it is one of a list.
#[derive(Debug, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Run")
)]
pub struct RunView {
    /// Its id.
    id: String,
    /// Always `run`.
    object: &'static str,
    /// The workflow's id.
    workflow: String,
    status: RunStatus,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
    /// Until when it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rerun_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_for: Option<Timestamp>,
    key: String,
    error: Option<StepError>,
    #[serde(flatten)]
    content: Option<Content>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
struct Content {
    parameters: Value,
    result: Option<Value>,
    /// How many steps the definition has, wherever they stand.
    total_steps: usize,
    steps: Vec<StepView>,
}

impl RunView {
    /// Without what happened in it.
    pub fn summary(run: RunRecord) -> Self {
        Self {
            id: run.id,
            object: "run",
            workflow: run.workflow,
            status: run.status,
            created_at: run.created_at,
            ended_at: run.ended_at,
            until: run.until,
            rerun_of: run.rerun_of,
            scheduled_for: run.scheduled_for,
            key: run.key,
            error: run.error,
            content: None,
        }
    }

    pub(crate) fn new(
        run: RunRecord,
        definition: &Definition,
        parameters: Value,
        state: &State,
    ) -> Self {
        let program = Program::new(definition);
        let result = match state.end() {
            Some(Event::RunCompleted { result, stored }) => {
                let read = stored.as_ref().and_then(|stored| state.values.get(stored));
                Some(read.unwrap_or(result).clone())
            }
            _ => None,
        };
        let mut left = MAX_SHOWN;
        let begun = state.order.iter().filter_map(|path| {
            let mut view = StepView::find(&program, state, path)?;
            view.shorten(&mut left);
            Some(view)
        });
        let mut steps: Vec<_> = begun.collect();
        let is_begun = |id: &str| state.steps.contains_key(id);
        let left_out = program.nodes.iter().filter(|node| node.depth == 0);
        let left_out = left_out.filter(|node| !is_begun(&node.id));
        steps.extend(left_out.map(|node| StepView::not_begun(&node.id, &node.step.action)));
        Self {
            content: Some(Content {
                parameters,
                result,
                total_steps: program.len(),
                steps,
            }),
            ..Self::summary(run)
        }
    }
}

/// A step of a run.
#[derive(Debug, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "RunStep")
)]
pub struct StepView {
    /// Its id, and the places of the items that it is done for.
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// How it stands.
    status: StepStatus,
    attempts: u32,
    input: Value,
    output: Value,
    /// Its bytes, where they are not shown here.
    #[serde(skip_serializing_if = "Option::is_none")]
    output_bytes: Option<usize>,
    error: Option<StepError>,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
}

impl StepView {
    /// The step of that path, where it was begun.
    pub(crate) fn find(program: &Program, state: &State, path: &str) -> Option<Self> {
        let step: &Instance = state.steps.get(path)?;
        let index = program.index(path.split('[').next()?)?;
        let is_waiting = step.status == StepStatus::Waiting;
        let output = state.result(step);
        Some(Self {
            id: path.to_owned(),
            kind: kind(&program.nodes[index].step.action),
            status: step.status,
            attempts: step.attempts,
            input: match (&step.stored_items, state.items(step)) {
                (None, _) => step.input.clone(),
                (Some(_), Some(items)) => json!({"items": items}),
                (Some(stored), None) => json!({"bytes": stored.bytes}),
            },
            output: output.cloned().unwrap_or_default(),
            output_bytes: output.is_none().then(|| step.result_bytes()),
            error: step.error.clone(),
            started_at: Some(step.started_at),
            ended_at: step.ended_at,
            until: step.until.filter(|_| is_waiting),
            event: step.awaited.clone().filter(|_| is_waiting),
        })
    }

    fn not_begun(id: &str, action: &Action) -> Self {
        Self {
            id: id.to_owned(),
            kind: kind(action),
            status: StepStatus::Pending,
            attempts: 0,
            input: Value::Null,
            output: Value::Null,
            output_bytes: None,
            error: None,
            started_at: None,
            ended_at: None,
            until: None,
            event: None,
        }
    }

    /// Leaves out what there is no room for.
    fn shorten(&mut self, left: &mut u64) {
        let bytes = self.output.to_string().len();
        match left.checked_sub(bytes as u64) {
            Some(rest) => *left = rest,
            None => {
                self.output = Value::Null;
                self.output_bytes = Some(bytes);
            }
        }
        let bytes = self.input.to_string().len();
        match left.checked_sub(bytes as u64) {
            Some(rest) => *left = rest,
            None => self.input = json!({"bytes": bytes}),
        }
    }
}

const fn kind(action: &Action) -> &'static str {
    match action {
        Action::AiCompletion(_) => "ai_completion",
        Action::Skill(_) => "skill",
        Action::Http(_) => "http",
        Action::Transform { .. } => "transform",
        Action::Condition { .. } => "condition",
        Action::Parallel { .. } => "parallel",
        Action::Foreach { .. } => "foreach",
        Action::Wait { .. } => "wait",
    }
}

/// What happened in a run, as those who watch it are shown: `{type, run, at, step, total_steps, status}`, where
/// `step` counts the definition's steps from 1, and what there is beside that.
pub fn shown_event(run: &str, program: &Program, entry: &Entry) -> Value {
    let mut shown = json!({
        "type": entry.event.kind(),
        "run": run,
        "at": entry.at,
        "step": 0,
        "total_steps": program.len(),
    });
    let mut add = |name: &str, value: Value| {
        if !value.is_null() {
            shown[name] = value;
        }
    };
    if let Some(step) = entry.event.step() {
        add("step", program.number(step).unwrap_or_default().into());
        add("step_id", step.into());
    }
    let status = match &entry.event {
        Event::RunStarted | Event::StepStarted { .. } | Event::EventReceived { .. } => "running",
        Event::StepWaiting { .. } | Event::RunWaiting { .. } => "waiting",
        Event::StepFailed { retry_at, .. } if retry_at.is_some() => "retrying",
        Event::StepCompleted { .. } | Event::RunCompleted { .. } => "completed",
        Event::StepFailed { .. } | Event::RunFailed { .. } => "failed",
        Event::StepCancelled { .. } | Event::RunCancelled => "cancelled",
    };
    add("status", status.into());
    match &entry.event {
        Event::StepStarted { attempt, .. } => add("attempt", (*attempt).into()),
        Event::StepWaiting { until, name, .. } => {
            add("until", json!(until));
            add("event", json!(name));
        }
        Event::StepCompleted { result, stored, .. } => match stored {
            None => add("result", result.clone()),
            Some(stored) => add("result_bytes", stored.bytes.into()),
        },
        Event::StepFailed {
            error, retry_at, ..
        } => {
            add("error", json!(error));
            add("retry_at", json!(retry_at));
        }
        Event::EventReceived { name, .. } => add("event", json!(name)),
        Event::RunWaiting { until } => add("until", json!(until)),
        Event::RunCompleted { result, .. } => shown["result"] = result.clone(),
        Event::RunFailed { error } => add("error", json!(error.error().body())),
        Event::RunCancelled => {
            let error = Error::new(Code::Cancelled, "The run was cancelled");
            add("error", json!(error.body()));
        }
        _ => {}
    }
    shown
}
