//! One look at the whole run: from its first step to those that are next.

use super::{
    Context, Decision, Engine, MAX_BYTES, MAX_EVENTS, MAX_EXECUTED, MAX_MISSING, MAX_RESULT, Task,
    note,
    outcome::{failure, interrupted, too_many},
    render::{self, Frame},
};
use crate::{
    definition::{Action, OnError, StepError},
    event::Event,
    program::Node,
    state::{Instance, State, StepStatus},
    values::StoredValue,
};
use openclaw_core::Timestamp;
use serde_json::{Value, json};
use std::collections::HashSet;

/// How many items of a `foreach` are worked on at once where it does not say.
const CONCURRENCY: usize = 10;

/// Attempts of a step that are cut off, after which it is given up.
const MAX_INTERRUPTED: u32 = 5;

/// How a list of steps stands.
enum Flow {
    /// Something in it is still to be waited for.
    Pending,
    /// All of it is done; the path of the last step that was completed.
    Done(Option<String>),
    Failed(StepError),
}

/// What came of the steps within a step.
enum Made {
    Value(Value),
    /// What came of the step at this path, or nothing.
    ResultOf(Option<String>),
}

pub(super) struct Walk<'a> {
    engine: &'a Engine<'a>,
    state: &'a mut State,
    running: &'a HashSet<String>,
    now: Timestamp,
    decision: Decision,
    bytes: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        engine: &'a Engine<'a>,
        state: &'a mut State,
        running: &'a HashSet<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            engine,
            state,
            running,
            now,
            decision: Decision::default(),
            bytes: 0,
        }
    }

    pub(super) fn run(mut self) -> Decision {
        if self.state.end.is_some() {
            return self.decision;
        }
        let Context { deadline, .. } = self.engine.context;
        if self.now >= *deadline {
            let error = StepError::new("timeout", "The run took longer than 30 days");
            self.note(Event::RunFailed { error });
            return self.decision;
        }
        self.wake(*deadline);
        let program = self.engine.program;
        let end = match self.list(&program.root, &Frame::default()) {
            Flow::Pending => return self.decision,
            Flow::Failed(error) => Event::RunFailed { error },
            Flow::Done(last) => {
                let named = program.result.as_ref().map(|(_, named)| &**named);
                if self.lacks(named.unwrap_or_default(), &Frame::default()) {
                    return self.decision;
                }
                match self.result(last) {
                    Ok((result, stored)) => Event::RunCompleted { result, stored },
                    Err(error) => Event::RunFailed { error },
                }
            }
        };
        if self.has_room() {
            self.note(end);
        }
        self.decision
    }

    fn result(&self, last: Option<String>) -> Result<(Value, Option<StoredValue>), StepError> {
        let Some((template, named)) = &self.engine.program.result else {
            return Ok(self.result_of(last.as_deref()));
        };
        let scope = render::scope(self.engine, self.state, named, &Frame::default());
        let result = render::value(template, &scope, "result")?;
        ensure_small(&result, "The run's result")?;
        Ok((result, None))
    }

    /// A step's result, or where it is.
    fn result_of(&self, path: Option<&str>) -> (Value, Option<StoredValue>) {
        let found = path.and_then(|path| self.state.steps.get(path));
        let found = found.map(|step| (step.result.clone(), step.stored.clone()));
        found.unwrap_or_default()
    }

    /// Whether values that the templates of a step name have to be read first: that is noted then.
    fn lacks(&mut self, named: &[usize], frame: &Frame) -> bool {
        let nodes = &self.engine.program.nodes;
        let paths = named.iter().map(|index| nodes[*index].path(&frame.indices));
        let steps = paths.filter_map(|path| self.state.steps.get(&path));
        let results = steps.filter_map(|step| step.stored.as_ref());
        let around = frame.of.as_ref().and_then(|of| self.state.steps.get(of));
        let items = around.and_then(|step| step.stored_items.as_ref());
        let all: Vec<_> = results.chain(items).cloned().collect();
        self.is_missing(all)
    }

    /// Whether some of these values have to be read first: that is noted then.
    fn is_missing(&mut self, mut all: Vec<StoredValue>) -> bool {
        all.retain(|stored| self.state.values.get(stored).is_none());
        if all.is_empty() {
            return false;
        }
        let missing = &mut self.decision.missing;
        all.retain(|stored| !missing.contains(stored));
        let bytes: u64 = missing.iter().chain(&all).map(|stored| stored.bytes).sum();
        if missing.is_empty() || bytes <= MAX_MISSING {
            missing.append(&mut all);
        }
        true
    }

    fn list(&mut self, list: &[usize], frame: &Frame) -> Flow {
        let nodes = &self.engine.program.nodes;
        let (mut place, mut last) = (0, None);
        while let Some(index) = list.get(place) {
            let node = &nodes[*index];
            let path = node.path(&frame.indices);
            place += 1;
            match self.step(node, &path, frame) {
                Flow::Pending => return Flow::Pending,
                Flow::Done(_) => last = Some(path),
                Flow::Failed(error) => match &node.step.on_error {
                    OnError::Fail => return Flow::Failed(error),
                    OnError::Continue => last = None,
                    OnError::Goto(to) => {
                        last = None;
                        // Later in the list: that was checked.
                        let found = list.iter().position(|other| nodes[*other].id == *to);
                        place = found.unwrap_or(list.len()).max(place);
                    }
                },
            }
        }
        Flow::Done(last)
    }

    fn step(&mut self, node: &Node, path: &str, frame: &Frame) -> Flow {
        if !self.state.steps.contains_key(path) {
            if !self.has_room() {
                return Flow::Pending;
            }
            if self.state.order.len() >= MAX_EXECUTED {
                return Flow::Failed(too_many());
            }
            self.begin(node, path, frame);
        }
        let Some(step) = self.state.steps.get(path) else {
            return Flow::Pending;
        };
        let is_composite = !node.lists.is_empty();
        match step.status {
            StepStatus::Completed => Flow::Done(None),
            StepStatus::Failed | StepStatus::Cancelled => {
                let error = step.error.clone();
                Flow::Failed(error.unwrap_or_else(interrupted))
            }
            StepStatus::Waiting => {
                self.wait(node, path, frame);
                self.settled(path)
            }
            StepStatus::Running if is_composite => {
                self.composite(node, path, frame);
                self.settled(path)
            }
            StepStatus::Running | StepStatus::Pending => {
                self.go_on(node, path, frame);
                self.settled(path)
            }
        }
    }

    /// How a step stands after it was worked on.
    fn settled(&self, path: &str) -> Flow {
        match self
            .state
            .steps
            .get(path)
            .map(|step| (step.status, &step.error))
        {
            Some((StepStatus::Completed, _)) => Flow::Done(None),
            Some((StepStatus::Failed, error)) => {
                Flow::Failed(error.clone().unwrap_or_else(interrupted))
            }
            _ => Flow::Pending,
        }
    }

    /// A step is begun.
    fn begin(&mut self, node: &Node, path: &str, frame: &Frame) {
        if self.lacks(&node.named, frame) {
            return;
        }
        let scope = render::scope(self.engine, self.state, &node.named, frame);
        match &node.step.action {
            Action::Transform { value } => {
                self.start(path, 1, Value::Null);
                let made = render::value(value, &scope, "value");
                self.end(path, made);
            }
            Action::Condition { r#if, .. } => match render::is_true(r#if, &scope) {
                Ok(is) => self.start(path, 1, json!({"if": is})),
                Err(error) => self.start_failed(path, error),
            },
            Action::Foreach { items, .. } => match render::items(items, &scope) {
                Ok(items) => self.start(path, 1, json!({"items": items})),
                Err(error) => self.start_failed(path, error),
            },
            Action::Parallel { .. } => self.start(path, 1, Value::Null),
            Action::Wait { .. } => match render::wait(&node.step, &scope, self.now) {
                Ok((until, name)) => {
                    self.start(path, 1, Value::Null);
                    let step = path.to_owned();
                    self.note(Event::StepWaiting { step, until, name });
                }
                Err(error) => self.start_failed(path, error),
            },
            Action::AiCompletion(_) | Action::Skill(_) | Action::Http(_) => {
                self.attempt(node, path, frame, 1);
            }
        }
    }

    /// An attempt of a step that is worked on outside begins.
    fn attempt(&mut self, node: &Node, path: &str, frame: &Frame, attempt: u32) {
        if self.lacks(&node.named, frame) {
            return;
        }
        let failures = self.state.steps.get(path).map_or(0, |step| step.failures);
        let scope = render::scope(self.engine, self.state, &node.named, frame);
        match render::work(&node.step, &scope, self.engine.policy) {
            Ok((work, input)) => {
                self.start(path, attempt, input);
                self.decision.tasks.push(Task {
                    path: path.to_owned(),
                    work,
                    time: render::time(&node.step),
                    failures,
                });
            }
            Err(error) => {
                self.start(path, attempt, Value::Null);
                self.end(path, Err(error));
            }
        }
    }

    /// An attempt that seems to run: unless somebody works on it, it was cut off.
    fn go_on(&mut self, node: &Node, path: &str, frame: &Frame) {
        let started_now = self.decision.tasks.iter().any(|task| task.path == path);
        if started_now || self.running.contains(path) || !self.has_room() {
            return;
        }
        let Some(step) = self.state.steps.get(path) else {
            return;
        };
        let attempts = step.attempts;
        if attempts - step.failures.min(attempts) - step.busy.min(attempts) > MAX_INTERRUPTED {
            self.end(path, Err(interrupted()));
            return;
        }
        self.attempt(node, path, frame, attempts + 1);
    }

    fn wait(&mut self, node: &Node, path: &str, frame: &Frame) {
        let Some(step) = self.state.steps.get(path) else {
            return;
        };
        let (until, awaited, attempts) = (step.until, step.awaited.clone(), step.attempts);
        if !self.has_room() {
            return;
        }
        if let Some(name) = awaited {
            let mut events = self.state.received.iter();
            let event = events.find(|event| event.name == name && !event.is_consumed);
            if let Some(event) = event {
                let completed = Event::StepCompleted {
                    step: path.to_owned(),
                    result: event.data.clone(),
                    stored: event.stored.clone(),
                    consumed: Some(event.number),
                };
                self.note(completed);
            } else if until.is_some_and(|until| until <= self.now) {
                let message = format!("The event '{name}' did not come in time");
                self.end(path, Err(StepError::new("timeout", message)));
            } else if let Some(until) = until {
                self.wake(until);
            }
            return;
        }
        match until {
            Some(until) if until > self.now => self.wake(until),
            _ if matches!(node.step.action, Action::Wait { .. }) => self.end(path, Ok(Value::Null)),
            _ => self.attempt(node, path, frame, attempts + 1),
        }
    }

    /// Works on the lists of steps within a step.
    fn composite(&mut self, node: &Node, path: &str, frame: &Frame) {
        let step = self.state.steps.get(path);
        let made = match &node.step.action {
            Action::Condition { .. } => {
                let is = step.is_some_and(|step| step.input["if"] == true);
                match self.list(&node.lists[usize::from(!is)], frame) {
                    Flow::Pending => None,
                    Flow::Failed(error) => Some(Err(error)),
                    Flow::Done(last) => Some(Ok(Made::ResultOf(last))),
                }
            }
            Action::Parallel { concurrency, .. } => {
                let lists = node.lists.iter().map(|list| (&**list, frame.clone()));
                self.side_by_side(lists, concurrency.unwrap_or(usize::MAX))
            }
            Action::Foreach { concurrency, .. } => {
                let count = step.map_or(0, Instance::count);
                let lists = (0..count).map(|item| (&*node.lists[0], frame.within(path, item)));
                self.side_by_side(lists, concurrency.unwrap_or(CONCURRENCY))
            }
            _ => None,
        };
        match made {
            None => {}
            Some(made) if self.has_room() => {
                if made.is_err() {
                    self.cancel_within(node);
                }
                match made {
                    Ok(Made::ResultOf(other)) => self.end_like(path, other.as_deref()),
                    Ok(Made::Value(value)) => self.end(path, Ok(value)),
                    Err(error) => self.end(path, Err(error)),
                }
            }
            Some(_) => {}
        }
    }

    /// The results of lists of which so many are worked on at once, in order; `None` while some are.
    fn side_by_side<'l>(
        &mut self,
        lists: impl Iterator<Item = (&'l [usize], Frame)>,
        concurrency: usize,
    ) -> Option<Result<Made, StepError>> {
        let (mut pending, mut last) = (0, vec![]);
        for (list, frame) in lists {
            match self.list(list, &frame) {
                Flow::Pending => {
                    pending += 1;
                    if pending >= concurrency {
                        break;
                    }
                }
                Flow::Failed(error) => return Some(Err(error)),
                Flow::Done(path) => last.push(path),
            }
        }
        if pending > 0 {
            return None;
        }
        self.joined(&last)
    }

    /// The results of the steps at these paths; `None` while some have to be read first.
    fn joined(&mut self, paths: &[Option<String>]) -> Option<Result<Made, StepError>> {
        let steps = paths.iter().flatten();
        let steps = steps.filter_map(|path| self.state.steps.get(path));
        let (mut bytes, mut stored) = (0_usize, vec![]);
        for step in steps {
            bytes = bytes.saturating_add(step.result_bytes());
            stored.extend(step.stored.clone());
        }
        if bytes > MAX_RESULT {
            return Some(Err(too_large("The result")));
        }
        if self.is_missing(stored) {
            return None;
        }
        let result = |path: &Option<String>| {
            let step = self.state.steps.get(path.as_ref()?)?;
            self.state.result(step).cloned()
        };
        let results = paths.iter().map(|path| result(path).unwrap_or_default());
        Some(Ok(Made::Value(Value::Array(results.collect()))))
    }

    /// What a step holds that failed is not worked on any more.
    fn cancel_within(&mut self, node: &Node) {
        let mut inside: HashSet<usize> = node.lists.iter().flatten().copied().collect();
        let nodes = &self.engine.program.nodes;
        let mut all: Vec<_> = inside.iter().copied().collect();
        while let Some(index) = all.pop() {
            for within in nodes[index].lists.iter().flatten() {
                if inside.insert(*within) {
                    all.push(*within);
                }
            }
        }
        let ids: HashSet<_> = inside.iter().map(|index| &*nodes[*index].id).collect();
        let open = self.state.steps.iter().filter(|(path, step)| {
            let is_open = matches!(step.status, StepStatus::Running | StepStatus::Waiting);
            is_open && ids.contains(path.split('[').next().unwrap_or_default())
        });
        let open: Vec<_> = open.map(|(path, _)| path.clone()).collect();
        for step in open {
            self.decision.tasks.retain(|task| task.path != step);
            self.note(Event::StepCancelled { step });
        }
    }

    fn start(&mut self, path: &str, attempt: u32, input: Value) {
        self.bytes += size(&input);
        self.note(Event::StepStarted {
            step: path.to_owned(),
            attempt,
            input,
            stored: None,
        });
    }

    fn start_failed(&mut self, path: &str, error: StepError) {
        self.start(path, 1, Value::Null);
        self.end(path, Err(error));
    }

    /// A step has the result of another one, or nothing where there is none.
    fn end_like(&mut self, path: &str, other: Option<&str>) {
        let (result, stored) = self.result_of(other);
        self.bytes += size(&result);
        self.note(Event::StepCompleted {
            step: path.to_owned(),
            result,
            stored,
            consumed: None,
        });
    }

    /// A step that is not worked on outside has its result, or none.
    fn end(&mut self, path: &str, made: Result<Value, StepError>) {
        let made = made.and_then(|result| {
            ensure_small(&result, "The result")?;
            Ok(result)
        });
        match made {
            Ok(result) => {
                self.bytes += size(&result);
                self.note(Event::completed(path, result));
            }
            Err(error) => self.note(failure(path, error)),
        }
    }

    fn note(&mut self, event: Event) {
        note(self.state, &mut self.decision, event, self.now);
    }

    fn wake(&mut self, at: Timestamp) {
        let wake = self.decision.wake.map_or(at, |wake| wake.min(at));
        self.decision.wake = Some(wake);
    }

    /// Whether more may be decided on; where not, that is noted.
    fn has_room(&mut self) -> bool {
        let has = self.decision.events.len() < MAX_EVENTS && self.bytes < MAX_BYTES;
        self.decision.is_partial |= !has;
        has
    }
}

/// Bytes of a value as JSON.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        value => value.to_string().len(),
    }
}

pub(super) fn ensure_small(value: &Value, what: &str) -> Result<(), StepError> {
    if size(value) <= MAX_RESULT {
        return Ok(());
    }
    Err(too_large(what))
}

fn too_large(what: &str) -> StepError {
    let message = format!("{what} has more than {MAX_RESULT} bytes");
    StepError::new("payload_too_large", message)
}
