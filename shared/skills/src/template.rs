//! Templates in Jinja's language, bounded in time and size.
//!
//! A JSON value is a template: each string in it is rendered, names of fields are not. A string that is one
//! expression (`"{{ steps.geo.body.results }}"`) gives the expression's value, whatever its type; any other
//! gives text.

mod bounded;
mod engine;
mod shape;

use engine::{ENGINE, URL};
use minijinja::value::Serde;
use openclaw_core::Fault;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes that one template may have.
pub const MAX_SOURCE: usize = 16 * 1024;

/// Bytes that all templates of an execution may become.
pub const MAX_OUTPUT: usize = 1024 * 1024;

/// Names that are there without being given.
const GLOBALS: [&str; 2] = ["dict", "range"];

/// A template that cannot be rendered; the text names no value.
pub type Problem = String;

/// The values that templates see, by name.
#[derive(Clone, Debug, Default)]
pub struct Scope(BTreeMap<&'static str, minijinja::Value>);

impl Scope {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has templates see `value` as `name`.
    pub fn set(&mut self, name: &'static str, value: &Value) {
        self.0.insert(name, minijinja::Value::from(Serde(value)));
    }

    /// Has templates see `value` as `of.name`, beside what is there.
    pub fn set_in(&mut self, of: &'static str, name: &str, value: &Value) {
        let value = minijinja::Value::from(Serde(value));
        let own = [(minijinja::Value::from(name), value)];
        let all = match self.0.get(of) {
            None => minijinja::Value::from_pairs(own),
            Some(there) => {
                minijinja::value::merge_maps([minijinja::Value::from_pairs(own), there.clone()])
            }
        };
        self.0.insert(of, all);
    }

    fn context(&self) -> minijinja::Value {
        let pairs = self.0.iter();
        minijinja::Value::from_pairs(pairs.map(|(name, value)| (*name, value.clone())))
    }
}

/// Renders templates, together to at most [`MAX_OUTPUT`] bytes.
#[derive(Debug)]
pub struct Renderer {
    left: usize,
}

impl Default for Renderer {
    fn default() -> Self {
        Self { left: MAX_OUTPUT }
    }
}

impl Renderer {
    /// The value of a template; the error has the path of the string at fault within it.
    pub fn value(&mut self, template: &Value, scope: &Scope) -> Result<Value, Fault> {
        self.render(template, &scope.context(), "")
    }

    /// The text of a template.
    pub fn text(&mut self, source: &str, scope: &Scope) -> Result<String, Problem> {
        match self.string(source, &scope.context())? {
            Value::String(text) => Ok(text),
            other => Ok(other.to_string()),
        }
    }

    /// The text of a URL. What its expressions give is percent-encoded, but for what is marked `safe`.
    pub fn url(&mut self, source: &str, scope: &Scope) -> Result<String, Problem> {
        if !is_template(source) {
            return Ok(source.to_owned());
        }
        shape::ensure_small(source)?;
        let url = engine::render(URL, source, scope.context(), self.left)?;
        self.take(url.len())?;
        Ok(url)
    }

    /// Whether the value of a template is true as Jinja sees it: not false, zero or empty.
    pub fn is_true(&mut self, source: &str, scope: &Scope) -> Result<bool, Problem> {
        let value = self.string(source, &scope.context())?;
        Ok(match value {
            Value::Null => false,
            Value::Bool(is) => is,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty() && text != "false",
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
        })
    }

    fn render(
        &mut self,
        template: &Value,
        context: &minijinja::Value,
        at: &str,
    ) -> Result<Value, Fault> {
        Ok(match template {
            Value::String(source) => {
                let rendered = self.string(source, context);
                rendered.map_err(|problem| Fault::new(at, problem))?
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let items =
                    items.map(|(n, item)| self.render(item, context, &format!("{at}[{n}]")));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, field)| {
                    let rendered = self.render(field, context, &join(at, name))?;
                    Ok((name.clone(), rendered))
                });
                Value::Object(fields.collect::<Result<_, _>>()?)
            }
            other => other.clone(),
        })
    }

    fn string(&mut self, source: &str, context: &minijinja::Value) -> Result<Value, Problem> {
        shape::ensure_small(source)?;
        let (value, size) = match expression(source) {
            Some(expression) => engine::evaluate(expression, context.clone(), self.left)?,
            None if is_template(source) => {
                let text = engine::render("", source, context.clone(), self.left)?;
                let size = text.len();
                (Value::String(text), size)
            }
            None => (Value::String(source.to_owned()), source.len()),
        };
        self.take(size)?;
        Ok(value)
    }

    fn take(&mut self, bytes: usize) -> Result<(), Problem> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or("becomes too large")?;
        Ok(())
    }
}

/// Checks a template before anything is rendered: that it can be parsed, its length, and that it names
/// nothing but `names`. Notes how many templates there are in `count`.
pub fn check(
    template: &Value,
    at: &str,
    names: &[&str],
    count: &mut usize,
    faults: &mut Vec<Fault>,
) {
    match template {
        Value::String(source) => check_text(source, at, names, count, faults),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                check(item, &format!("{at}[{n}]"), names, count, faults);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                check(field, &join(at, name), names, count, faults);
            }
        }
        _ => {}
    }
}

/// The same for one string.
pub fn check_text(
    source: &str,
    at: &str,
    names: &[&str],
    count: &mut usize,
    faults: &mut Vec<Fault>,
) {
    if !is_template(source) {
        return;
    }
    *count += 1;
    if source.len() > MAX_SOURCE {
        let issue = format!("must be a template of at most {MAX_SOURCE} bytes");
        faults.push(Fault::new(at, issue));
        return;
    }
    if let Err(problem) = shape::ensure_small(source) {
        faults.push(Fault::new(at, problem));
        return;
    }
    let unknown = match expression(source) {
        Some(expression) => engine::names_in_expression(expression),
        None => engine::names_in_template(source),
    };
    match unknown {
        Err(problem) => faults.push(Fault::new(at, format!("is no template: {problem}"))),
        Ok(found) => {
            let known = |name: &&String| !names.contains(&&***name) && !GLOBALS.contains(&&***name);
            faults.extend(found.iter().filter(known).map(|name| {
                let issue = format!("names `{name}`, but there is only {}", names.join(", "));
                Fault::new(at, issue)
            }));
        }
    }
}

/// What a template takes from outside, as paths: `steps.geo.result`, or `steps` where it takes all of it, or
/// what it computes the name of. A template that cannot be read names nothing.
pub fn paths(template: &Value, found: &mut BTreeSet<String>) {
    match template {
        Value::String(source) if is_template(source) && shape::ensure_small(source).is_ok() => {
            let names = match expression(source) {
                Some(expression) => engine::paths_in_expression(expression),
                None => engine::paths_in_template(source),
            };
            found.extend(names);
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| paths(field, found)),
        _ => {}
    }
}

/// The inside of a string that is one expression and nothing else.
fn expression(source: &str) -> Option<&str> {
    let inside = source.strip_prefix("{{")?.strip_suffix("}}")?;
    // Marks for white space outside, of which there is none.
    let inside = inside.strip_prefix(['-', '+']).unwrap_or(inside);
    let inside = inside.strip_suffix(['-', '+']).unwrap_or(inside);
    // Of two expressions the inside is none.
    ENGINE.compile_expression(inside).ok().map(|_| inside)
}

/// Whether there is anything in it to be rendered.
pub fn is_template(source: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| source.contains(mark))
}

fn join(at: &str, name: &str) -> String {
    match at {
        "" => name.to_owned(),
        at => format!("{at}.{name}"),
    }
}
