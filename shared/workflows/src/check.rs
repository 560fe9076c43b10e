//! Definitions as they come: all that is wrong is told at once.

use crate::{
    Definition, Program,
    definition::{Action, OnError, Step},
    program::{MAX_NESTING, Node, step_of},
    schedule::Schedule,
};
use openclaw_core::{Code, Error, Fault, Result, Timestamp};
use openclaw_schema::json::parse_text;
use openclaw_skills::{
    manifest::OWN_HEADERS,
    schema::Schema,
    template::{self, is_template},
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashSet},
    sync::LazyLock,
};

/// Bytes of a definition.
pub const MAX_DEFINITION: usize = 128 * 1024;

/// Steps of a definition, wherever they stand.
pub const MAX_STEPS: usize = 100;

/// Templates of a definition.
const MAX_TEMPLATES: usize = 1000;

/// Seconds that one attempt of a step may take.
pub const MAX_ATTEMPT_SECONDS: u64 = 840;

/// The definition's form.
static FORM: LazyLock<std::result::Result<Schema, Vec<Fault>>> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("schema.json")).unwrap_or_default();
    Schema::build(&schema, "")
});

/// What a definition names that only the gateway knows: each with its path in the definition.
#[derive(Debug, Default)]
pub struct Names {
    /// Models.
    pub models: Vec<(String, String)>,
    /// Skills, and a command of each.
    pub skills: Vec<(String, (String, String))>,
}

/// A definition that was read, and what is still to be found out about it.
pub struct Read {
    /// The definition.
    pub definition: Definition,
    /// The models and skills that it names.
    pub names: Names,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
}

/// Reads a definition. The error says that it cannot be read at all: 400 names every fault by its path, 413
/// over [`MAX_DEFINITION`] bytes.
pub fn read(text: &[u8], now: Timestamp) -> Result<Read> {
    if text.len() > MAX_DEFINITION {
        let message = format!("A definition has at most {MAX_DEFINITION} bytes");
        return Err(Error::new(Code::PayloadTooLarge, message));
    }
    check(openclaw_schema::parse(parse_text(text)?, "")?, now)
}

/// The same of a document that was read.
pub fn check(document: Value, now: Timestamp) -> Result<Read> {
    let form = FORM.as_ref();
    let form = form.map_err(|faults| Error::internal(format_args!("workflows: {faults:?}")))?;
    let mut faults = form.faults(&document, "");
    if let Some(parameters) = document.get("parameters").filter(|it| it.is_object()) {
        faults.extend(
            Schema::new(parameters, "parameters")
                .err()
                .unwrap_or_default(),
        );
    }
    // What can be read is looked at further, also where something else is wrong.
    let read = serde_json::from_value::<Definition>(document);
    let mut names = Names::default();
    if let Ok(definition) = &read {
        let mut check = Check {
            faults: &mut faults,
            names: &mut names,
            templates: 0,
        };
        check.definition(definition, now);
    }
    let mut seen = HashSet::new();
    faults.retain(|fault| seen.insert((fault.field.clone(), fault.issue.clone())));
    match read {
        Ok(definition) => Ok(Read {
            definition,
            names,
            faults,
        }),
        Err(error) => {
            Error::ensure_faultless(faults)?;
            Err(Error::internal(error))
        }
    }
}

struct Check<'a> {
    faults: &'a mut Vec<Fault>,
    names: &'a mut Names,
    templates: usize,
}

impl Check<'_> {
    fn definition(&mut self, definition: &Definition, now: Timestamp) {
        if count(&definition.steps) > MAX_STEPS {
            self.fault("steps", format!("must be at most {MAX_STEPS} in all"));
            return;
        }
        if nests(&definition.steps) > MAX_NESTING {
            let issue = format!("must stand at most {MAX_NESTING} deep within each other");
            self.fault("steps", issue);
            return;
        }
        let program = Program::new(definition);
        let mut ids = BTreeSet::new();
        for node in &program.nodes {
            if !ids.insert(&*node.id) {
                let issue = format!("must be used once, and '{}' is the id of two", node.id);
                self.fault(format!("{}.id", node.at), issue);
            }
        }
        self.gotos(&program, &program.root);
        for node in &program.nodes {
            node.lists
                .iter()
                .for_each(|list| self.gotos(&program, list));
            self.step(&program, node);
        }
        if let Some(result) = &definition.result {
            let all = program.nodes.iter().enumerate();
            let outside = all
                .filter(|(_, node)| node.depth == 0)
                .map(|(index, _)| index);
            let visible: Vec<_> = outside.collect();
            self.template(
                &program,
                result,
                "result",
                &["parameters", "steps", "run"],
                &visible,
            );
        }
        if self.templates > MAX_TEMPLATES {
            self.fault(
                "steps",
                format!("must have at most {MAX_TEMPLATES} templates"),
            );
        }
        if let Some(schedule) = &definition.schedule {
            match Schedule::new(schedule) {
                Err(fault) => {
                    self.fault(format!("schedule.{}", fault.field), fault.issue);
                }
                Ok(schedule) if schedule.next_after(now).is_none() => {
                    self.fault("schedule.cron", "must name a time that comes");
                }
                Ok(_) => {}
            }
            self.scheduled_parameters(definition);
        }
    }

    /// A run of the schedule must be able to begin.
    fn scheduled_parameters(&mut self, definition: &Definition) {
        let (Some(schema), Some(schedule)) = (&definition.parameters, &definition.schedule) else {
            return;
        };
        if let Ok(schema) = Schema::new(schema, "parameters") {
            let parameters = Value::Object(schedule.parameters.clone());
            let faults = schema.faults(&parameters, "schedule.parameters");
            self.faults.extend(faults);
        }
    }

    fn step(&mut self, program: &Program, node: &Node) {
        self.bounds(node);
        let mut names = vec!["parameters", "steps", "run"];
        if node.depth > 0 {
            names.extend(["item", "index"]);
        }
        for (name, value) in node.templates() {
            let at = format!("{}.{name}", node.at);
            self.template(program, &value, &at, &names, &node.visible);
        }
        match &node.step.action {
            Action::AiCompletion(ask) if !is_template(&ask.model) => {
                let at = format!("{}.model", node.at);
                self.names.models.push((at, ask.model.clone()));
            }
            Action::Skill(command) => {
                let named = (command.skill.clone(), command.command.clone());
                self.names.skills.push((node.at.clone(), named));
            }
            Action::Http(request) => {
                for name in request.headers.keys() {
                    if OWN_HEADERS.contains(&&*name.to_ascii_lowercase()) {
                        let at = format!("{}.headers.{name}", node.at);
                        self.fault(at, "must not be set: it belongs to the connection");
                    }
                }
            }
            Action::Wait {
                seconds,
                until,
                event,
            } => {
                let there = [seconds.is_some(), until.is_some(), event.is_some()];
                if there.iter().filter(|is| **is).count() != 1 {
                    self.fault(&*node.at, "must have one of seconds, until and event");
                }
            }
            _ => {}
        }
    }

    /// What holds for steps of some kinds only.
    fn bounds(&mut self, node: &Node) {
        let step = &node.step;
        let (is_attempt, waits) = match &step.action {
            Action::AiCompletion(_) | Action::Skill(_) | Action::Http(_) => (true, false),
            Action::Wait { event, .. } => (false, event.is_some()),
            _ => (false, false),
        };
        if step.retry.is_some() && !is_attempt {
            let at = format!("{}.retry", node.at);
            self.fault(at, "is for ai_completion, skill and http only");
        }
        let at = || format!("{}.timeout_seconds", node.at);
        match step.timeout_seconds {
            Some(_) if !is_attempt && !waits => {
                self.fault(
                    at(),
                    "is for ai_completion, skill, http and a wait for an event only",
                );
            }
            Some(seconds) if is_attempt && seconds > MAX_ATTEMPT_SECONDS => {
                self.fault(at(), format!("must be at most {MAX_ATTEMPT_SECONDS}"));
            }
            _ => {}
        }
    }

    /// A `goto` leads on within its list, so none can lead back.
    fn gotos(&mut self, program: &Program, list: &[usize]) {
        for (place, index) in list.iter().enumerate() {
            let node = &program.nodes[*index];
            let OnError::Goto(to) = &node.step.on_error else {
                continue;
            };
            let found = list
                .iter()
                .position(|other| program.nodes[*other].id == *to);
            let issue = match found {
                None => format!("must name a step of the same list, and '{to}' is none"),
                Some(at) if at <= place => {
                    format!("must lead to a later step: '{to}' would be done again and again")
                }
                Some(_) => continue,
            };
            self.fault(format!("{}.on_error.goto", node.at), issue);
        }
    }

    fn template(
        &mut self,
        program: &Program,
        value: &Value,
        at: &str,
        names: &[&str],
        visible: &[usize],
    ) {
        template::check(value, at, names, &mut self.templates, self.faults);
        let mut paths = BTreeSet::new();
        template::paths(value, &mut paths);
        for id in paths.iter().filter_map(|path| step_of(path)) {
            let issue = match program.index(id) {
                None => format!("names `steps.{id}`, and there is no such step"),
                Some(index) if !visible.contains(&index) => {
                    format!("names `steps.{id}`, which has no result there")
                }
                Some(_) => continue,
            };
            self.fault(at, issue);
        }
    }

    fn fault(&mut self, at: impl Into<String>, issue: impl Into<String>) {
        self.faults.push(Fault::new(at, issue));
    }
}

/// How many steps there are, wherever they stand.
fn count(steps: &[Step]) -> usize {
    let within = |step: &Step| match &step.action {
        Action::Condition { then, r#else, .. } => count(then) + count(r#else),
        Action::Parallel { branches, .. } => branches.iter().map(|steps| count(steps)).sum(),
        Action::Foreach { steps, .. } => count(steps),
        _ => 0,
    };
    steps.iter().map(|step| 1 + within(step)).sum()
}

/// How deep steps stand within others.
fn nests(steps: &[Step]) -> usize {
    let within = |step: &Step| match &step.action {
        Action::Condition { then, r#else, .. } => 1 + nests(then).max(nests(r#else)),
        Action::Parallel { branches, .. } => {
            1 + branches.iter().map(|steps| nests(steps)).max().unwrap_or(0)
        }
        Action::Foreach { steps, .. } => 1 + nests(steps),
        _ => 0,
    };
    steps.iter().map(within).max().unwrap_or(0)
}
