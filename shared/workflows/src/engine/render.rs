//! What templates become.

use super::{ATTEMPT_SECONDS, Engine, MAX_EXECUTED, walk::ensure_small};
use crate::{
    definition::{Action, AiCompletion, Step, StepError},
    state::{State, StepStatus},
};
use openclaw_core::{HttpRequest, Timestamp};
use openclaw_egress::Policy;
use openclaw_skills::{
    request::{RequestFault, one_line},
    template::{Renderer, Scope},
};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The longest wait.
const MAX_WAIT: f64 = 30.0 * 24.0 * 3600.0;

/// Bytes of what a step was given that are kept to be shown.
const MAX_SHOWN: usize = 4096;

/// Something to be done outside.
#[derive(Clone, Debug)]
pub enum Work {
    /// The body of `POST /chat/completions`, and whether the result is JSON.
    Chat {
        /// The body.
        body: Value,
        /// Whether the answer's text is to be read as JSON.
        is_json: bool,
    },
    /// A command of a skill.
    Skill {
        /// The skill's id.
        skill: String,
        /// The body of `POST /skills/{id}/execute`.
        body: Value,
    },
    /// A request to somebody else.
    Http(HttpRequest),
}

/// Where a list of steps is worked on: for which items.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub(super) indices: Vec<usize>,
    /// The `foreach` that the innermost item is one of.
    pub(super) of: Option<String>,
}

impl Frame {
    /// For the item at `index` of the `foreach` at `path`.
    pub(super) fn within(&self, path: &str, index: usize) -> Self {
        let mut indices = self.indices.clone();
        indices.push(index);
        Self {
            indices,
            of: Some(path.to_owned()),
        }
    }
}

/// What templates see. The values that they name were read.
pub(super) fn scope(engine: &Engine<'_>, state: &State, named: &[usize], frame: &Frame) -> Scope {
    let mut scope = Scope::new();
    scope.set("parameters", &engine.context.parameters);
    scope.set("run", &engine.context.run);
    let nodes = named.iter().map(|index| &engine.program.nodes[*index]);
    let steps = nodes.map(|node| {
        let step = state.steps.get(&node.path(&frame.indices));
        let seen = match step {
            None => json!({"status": "skipped", "result": null, "error": null}),
            Some(step) => {
                let is_completed = step.status == StepStatus::Completed;
                let error = step.error.as_ref().filter(|_| !is_completed);
                let result = state.result(step);
                json!({"status": step.status, "result": result, "error": error})
            }
        };
        (node.id.clone(), seen)
    });
    scope.set("steps", &Value::Object(steps.collect()));
    if let (Some(of), Some(index)) = (&frame.of, frame.indices.last()) {
        let items = state.steps.get(of).and_then(|step| state.items(step));
        scope.set("item", items.map_or(&Value::Null, |items| &items[*index]));
        scope.set("index", &Value::from(*index));
    }
    scope
}

/// A template that could not be rendered.
fn problem(path: &str, problem: &str) -> StepError {
    StepError::new("invalid_request", format!("The template {path} {problem}"))
}

pub(super) fn value(template: &Value, scope: &Scope, path: &str) -> Result<Value, StepError> {
    let made = Renderer::default().value(template, scope);
    made.map_err(|fault| match &*fault.field {
        "" => problem(path, &fault.issue),
        within => problem(&format!("{path}.{within}"), &fault.issue),
    })
}

fn text(template: &str, scope: &Scope, path: &str) -> Result<String, StepError> {
    let made = Renderer::default().text(template, scope);
    made.map_err(|issue| problem(path, &issue))
}

pub(super) fn is_true(template: &Value, scope: &Scope) -> Result<bool, StepError> {
    match template {
        Value::String(source) => {
            let made = Renderer::default().is_true(source, scope);
            made.map_err(|issue| problem("if", &issue))
        }
        other => Ok(*other == Value::Bool(true)),
    }
}

/// What a `foreach` goes through.
pub(super) fn items(template: &Value, scope: &Scope) -> Result<Value, StepError> {
    let items = value(template, scope, "items")?;
    let Value::Array(all) = &items else {
        return Err(problem("items", "must give an array"));
    };
    if all.len() > MAX_EXECUTED {
        let issue = format!("gives more than {MAX_EXECUTED} items");
        return Err(problem("items", &issue));
    }
    ensure_small(&items, "What items gives")?;
    Ok(items)
}

/// Until when, and for which event, a step waits.
pub(super) fn wait(
    step: &Step,
    scope: &Scope,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<String>), StepError> {
    let Action::Wait {
        seconds,
        until,
        event,
    } = &step.action
    else {
        return Ok((None, None));
    };
    if let Some(name) = event {
        let timeout = step.timeout_seconds.map(Duration::from_secs);
        return Ok((timeout.map(|timeout| now + timeout), Some(name.clone())));
    }
    if let Some(until) = until {
        let made = text(until, scope, "until")?;
        let at = made.trim().parse::<Timestamp>();
        return Ok((
            Some(at.map_err(|error| problem("until", &error.to_string()))?),
            None,
        ));
    }
    let seconds = value(seconds.as_ref().unwrap_or(&Value::Null), scope, "seconds")?;
    let number = match &seconds {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    let number = number.filter(|number: &f64| (0.0..=MAX_WAIT).contains(number));
    let number = number.ok_or_else(|| problem("seconds", "must give 0 to 2592000"))?;
    let pause = Duration::try_from_secs_f64(number).unwrap_or_default();
    Ok((Some(now + pause), None))
}

/// What one attempt may take.
pub(crate) fn time(step: &Step) -> Duration {
    Duration::from_secs(step.timeout_seconds.unwrap_or(ATTEMPT_SECONDS))
}

/// What an attempt does, and what is shown of that.
pub(super) fn work(
    step: &Step,
    scope: &Scope,
    policy: &Policy,
) -> Result<(Work, Value), StepError> {
    match &step.action {
        Action::AiCompletion(ask) => {
            let body = chat_body(ask, scope)?;
            let shown = shown(&body);
            let is_json = body
                .get("response_format")
                .is_some_and(|format| format["type"] != "text");
            Ok((Work::Chat { body, is_json }, shown))
        }
        Action::Skill(command) => {
            let parameters = Value::Object(command.parameters.clone());
            let parameters = value(&parameters, scope, "parameters")?;
            let body = json!({"command": command.command, "parameters": parameters});
            let skill = command.skill.clone();
            let shown = shown(&json!({"skill": skill, "command": command.command,
                "parameters": body["parameters"]}));
            Ok((Work::Skill { skill, body }, shown))
        }
        Action::Http(request) => {
            let built = request.build(&mut Renderer::default(), scope, policy);
            let request = built.map_err(|fault| match fault {
                RequestFault::Url(refused) => {
                    StepError::new("invalid_request", format!("The url {refused}"))
                }
                RequestFault::Template(fault) => problem(&fault.field, &fault.issue),
            })?;
            // Headers may hold what is nobody's business.
            let body = String::from_utf8_lossy(request.body());
            let shown = shown(&json!({
                "method": request.method().as_str(),
                "url": request.uri().to_string(),
                "body": *body,
            }));
            Ok((Work::Http(request), shown))
        }
        _ => Err(StepError::new(
            "internal_error",
            "There is nothing to be done",
        )),
    }
}

fn chat_body(ask: &AiCompletion, scope: &Scope) -> Result<Value, StepError> {
    let mut messages = vec![];
    if let Some(system) = &ask.system {
        let content = text(system, scope, "system")?;
        messages.push(json!({"role": "system", "content": content}));
    }
    let prompt = text(&ask.prompt, scope, "prompt")?;
    messages.push(json!({"role": "user", "content": prompt}));
    let mut body = Map::new();
    for (name, template) in &ask.rest {
        body.insert(name.clone(), value(template, scope, name)?);
    }
    body.insert("model".into(), text(&ask.model, scope, "model")?.into());
    body.insert("messages".into(), messages.into());
    body.remove("stream");
    Ok(Value::Object(body))
}

/// The value where it is small, else its beginning.
fn shown(value: &Value) -> Value {
    let text = value.to_string();
    match text.len() <= MAX_SHOWN {
        true => value.clone(),
        false => json!({"beginning": one_line(&text), "bytes": text.len()}),
    }
}
