//! A definition as the engine follows it: steps in one list, each with what it may name.

use crate::definition::{Action, Definition, Step};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A compiled definition.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) nodes: Vec<Node>,
    /// The definition's own list of steps.
    pub(crate) root: Vec<usize>,
    /// The template of the run's result, and the steps that it names.
    pub(crate) result: Option<(Value, Vec<usize>)>,
}

/// A step, wherever it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    /// Its path in the definition, such as `steps[1].then[0]`.
    pub(crate) at: String,
    /// Without the steps within it.
    pub(crate) step: Step,
    /// The lists of steps within it: `then` and `else`, branches, or what is done for each item.
    pub(crate) lists: Vec<Vec<usize>>,
    /// How many `foreach` hold it.
    pub(crate) depth: usize,
    /// The steps before it that its templates may name.
    pub(crate) visible: Vec<usize>,
    /// Those that they do name.
    pub(crate) named: Vec<usize>,
}

impl Node {
    /// The name of this step among those that are executed: its id, and the places of the items that it is
    /// done for.
    pub(crate) fn path(&self, indices: &[usize]) -> String {
        let mut path = self.id.clone();
        for index in &indices[..self.depth.min(indices.len())] {
            path.push_str(&format!("[{index}]"));
        }
        path
    }

    /// All templates in it, each with its path within the step.
    pub(crate) fn templates(&self) -> Vec<(String, Value)> {
        let own = |name: &str, value: &Value| (name.to_owned(), value.clone());
        let text = |name: &str, text: &str| (name.to_owned(), Value::from(text));
        match &self.step.action {
            Action::AiCompletion(ask) => {
                let mut all = vec![text("model", &ask.model), text("prompt", &ask.prompt)];
                all.extend(ask.system.iter().map(|system| text("system", system)));
                all.extend(ask.rest.iter().map(|(name, value)| own(name, value)));
                all
            }
            Action::Skill(command) => {
                vec![("parameters".into(), json!(command.parameters))]
            }
            Action::Http(request) => {
                let mut all = vec![text("url", &request.url), own("body", &request.body)];
                all.push(("query".into(), json!(request.query)));
                all.push(("headers".into(), json!(request.headers)));
                all
            }
            Action::Transform { value } => vec![own("value", value)],
            Action::Condition { r#if, .. } => vec![own("if", r#if)],
            Action::Foreach { items, .. } => vec![own("items", items)],
            Action::Wait { seconds, until, .. } => {
                let seconds = seconds.iter().map(|value| own("seconds", value));
                let until = until.iter().map(|value| text("until", value));
                seconds.chain(until).collect()
            }
            Action::Parallel { .. } => vec![],
        }
    }
}

impl Program {
    /// Compiles a definition. It need not be right: `check` says what is wrong.
    pub fn new(definition: &Definition) -> Self {
        let mut program = Self {
            nodes: vec![],
            root: vec![],
            result: None,
        };
        let mut visible = vec![];
        let place = Place {
            at: "steps",
            id: "step",
            depth: 0,
            nesting: 0,
        };
        program.root = program.list(&definition.steps, place, &mut visible);
        program.result = definition.result.as_ref().map(|result| {
            let named = program.named(std::iter::once(result), &visible);
            (result.clone(), named)
        });
        program
    }

    /// How many steps there are, wherever they stand.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The number of the step of that path among all steps, from 1.
    pub fn number(&self, path: &str) -> Option<usize> {
        let id = path.split('[').next()?;
        Some(self.index(id)? + 1)
    }

    pub(crate) fn index(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    fn list(&mut self, steps: &[Step], place: Place<'_>, visible: &mut Vec<usize>) -> Vec<usize> {
        if place.nesting > MAX_NESTING {
            return vec![];
        }
        let steps = steps.iter().enumerate();
        steps
            .map(|(n, step)| self.node(n, step, place, visible))
            .collect()
    }

    fn node(&mut self, n: usize, step: &Step, place: Place<'_>, visible: &mut Vec<usize>) -> usize {
        let index = self.nodes.len();
        let default = format!("{}_{}", place.id, n + 1);
        let id = step.id.clone().unwrap_or(default);
        let at = format!("{}[{n}]", place.at);
        let (own, lists) = taken_apart(step);
        self.nodes.push(Node {
            id: id.clone(),
            at: at.clone(),
            step: own,
            lists: vec![],
            depth: place.depth,
            visible: visible.clone(),
            named: vec![],
        });
        let templates = self.nodes[index].templates();
        let named = self.named(templates.iter().map(|(_, value)| value), visible);
        self.nodes[index].named = named;
        let is_foreach = matches!(step.action, Action::Foreach { .. });
        let is_one = lists.len() == 1;
        let mut after = visible.clone();
        let mut compiled = vec![];
        for (m, (name, steps)) in lists.into_iter().enumerate() {
            let (at, id) = (
                format!("{at}.{name}"),
                match is_one {
                    true => id.clone(),
                    false => format!("{id}_{}", m + 1),
                },
            );
            let place = Place {
                at: &at,
                id: &id,
                depth: place.depth + usize::from(is_foreach),
                nesting: place.nesting + 1,
            };
            // What one list makes, the others do not see.
            let mut within = visible.clone();
            compiled.push(self.list(&steps, place, &mut within));
            after.extend(within.split_off(visible.len()));
        }
        self.nodes[index].lists = compiled;
        if !is_foreach {
            *visible = after;
        }
        visible.push(index);
        index
    }

    /// Those of `visible` that the templates name.
    fn named<'a>(
        &self,
        templates: impl Iterator<Item = &'a Value>,
        visible: &[usize],
    ) -> Vec<usize> {
        let mut paths = BTreeSet::new();
        templates.for_each(|template| openclaw_skills::template::paths(template, &mut paths));
        if paths.contains("steps") {
            return visible.to_vec();
        }
        let ids: BTreeSet<_> = paths.iter().filter_map(|path| step_of(path)).collect();
        let named = visible.iter().copied();
        named
            .filter(|index| ids.contains(&*self.nodes[*index].id))
            .collect()
    }
}

/// The step that a path names: `geo` of `steps.geo.result`.
pub(crate) fn step_of(path: &str) -> Option<&str> {
    path.strip_prefix("steps.")?.split('.').next()
}

/// How deep steps may stand within others.
pub(crate) const MAX_NESTING: usize = 8;

/// Where a list of steps stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    at: &'a str,
    /// What the default ids of its steps begin with.
    id: &'a str,
    depth: usize,
    nesting: usize,
}

/// A step without the steps within it, and those, each list with its path.
fn taken_apart(step: &Step) -> (Step, Vec<(String, Vec<Step>)>) {
    let mut own = step.clone();
    let lists = match &mut own.action {
        Action::Condition { then, r#else, .. } => vec![
            ("then".to_owned(), std::mem::take(then)),
            ("else".to_owned(), std::mem::take(r#else)),
        ],
        Action::Parallel { branches, .. } => {
            let branches = std::mem::take(branches).into_iter().enumerate();
            let named = branches.map(|(n, steps)| (format!("branches[{n}]"), steps));
            named.collect()
        }
        Action::Foreach { steps, .. } => vec![("steps".to_owned(), std::mem::take(steps))],
        _ => vec![],
    };
    (own, lists)
}
