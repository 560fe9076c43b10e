//! JSON Schema (2020-12, and what a schema's `$schema` names), bounded in what it may cost.

use jsonschema::{
    Draft, PatternOptions, ValidationError, Validator, error::ValidationErrorKind,
    paths::LocationSegment,
};
use openclaw_core::Fault;
use serde_json::Value;
use std::collections::HashMap;

/// Objects and arrays that a schema may have, each counted as often as it is referred to.
pub const MAX_SUBSCHEMAS: usize = 1000;

/// As how many of these a regular expression counts: it is compiled each time.
const PATTERN_COST: usize = 40;

/// Bytes of a regular expression once it is compiled.
const MAX_PATTERN: usize = 64 * 1024;

/// Faults that are told of at most.
const MAX_FAULTS: usize = 50;

/// A schema that can be validated against.
#[derive(Debug)]
pub struct Schema(Validator);

impl Schema {
    /// Reads a schema; `at` is its path in what faults name.
    ///
    /// Only references within it are followed, and none may lead back to where it stands: what a schema
    /// costs is then bounded by its size. Regular expressions run in linear time: they have no
    /// look-around and no back-references.
    pub fn new(schema: &Value, at: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        if !schema.is_object() {
            return Err(vec![Fault::new(at, "must be an object")]);
        }
        find_outside(schema, at, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        match Cost::of(schema) {
            Some(cost) if cost <= MAX_SUBSCHEMAS => {}
            Some(_) => {
                let issue =
                    format!("must have at most {MAX_SUBSCHEMAS} parts, references followed");
                return Err(vec![Fault::new(at, issue)]);
            }
            None => {
                let issue = "must have no reference that leads nowhere, or back to what holds it";
                return Err(vec![Fault::new(at, issue)]);
            }
        }
        Self::build(schema, at)
    }

    /// The same without bounds on what it costs, for a schema of our own.
    pub fn build(schema: &Value, at: &str) -> Result<Self, Vec<Fault>> {
        let options = jsonschema::options()
            .offline()
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN));
        let options = match schema.get("$schema") {
            None => options.with_draft(Draft::Draft202012),
            Some(_) => options,
        };
        let built = options.build(schema);
        built.map(Self).map_err(|error| vec![fault(&error, at)])
    }

    /// What is wrong with `value`, whose path is `at`.
    pub fn faults(&self, value: &Value, at: &str) -> Vec<Fault> {
        let errors = self.0.iter_errors(value).take(MAX_FAULTS);
        errors.map(|error| fault(&error, at)).collect()
    }
}

/// Finds references that lead out of the schema, and names that would let them.
fn find_outside(schema: &Value, at: &str, faults: &mut Vec<Fault>) {
    match schema {
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = format!("{at}.{name}");
                match (&**name, field) {
                    ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(to)) => {
                        if to != "#" && !to.starts_with("#/") {
                            let issue = "must be a pointer within the schema, such as #/$defs/name";
                            faults.push(Fault::new(path, issue));
                        }
                    }
                    ("$id" | "id", Value::String(id)) if id.contains(['/', ':']) => {
                        faults.push(Fault::new(
                            path,
                            "must not be there: references stay within",
                        ));
                    }
                    _ => find_outside(field, &path, faults),
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                find_outside(item, &format!("{at}[{n}]"), faults);
            }
        }
        _ => {}
    }
}

/// Counts objects and arrays, those that are referred to once a reference: not all are subschemas, but none
/// of these is missed.
struct Cost<'a> {
    root: &'a Value,
    /// By reference; `None` while it is being counted.
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Cost<'a> {
    /// `None` where a reference leads back to what holds it.
    fn of(root: &'a Value) -> Option<usize> {
        let mut cost = Self {
            root,
            known: HashMap::from([("#", None)]),
        };
        cost.count(root)
    }

    fn count(&mut self, part: &'a Value) -> Option<usize> {
        let mut sum = 1usize;
        match part {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let cost = match (&**name, field) {
                        ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(to)) => {
                            self.referred(to)?
                        }
                        ("pattern", Value::String(_)) => PATTERN_COST,
                        ("patternProperties", Value::Object(patterns)) => {
                            let patterns = patterns.len().saturating_mul(PATTERN_COST);
                            patterns.saturating_add(self.count(field)?)
                        }
                        _ => self.count(field)?,
                    };
                    sum = sum.saturating_add(cost);
                }
            }
            Value::Array(items) => {
                for item in items {
                    sum = sum.saturating_add(self.count(item)?);
                }
            }
            _ => sum = 0,
        }
        Some(sum)
    }

    fn referred(&mut self, to: &'a str) -> Option<usize> {
        if let Some(known) = self.known.get(to) {
            return *known;
        }
        self.known.insert(to, None);
        let part = self.root.pointer(&unescaped(to.strip_prefix('#')?))?;
        let cost = self.count(part)?;
        self.known.insert(to, Some(cost));
        Some(cost)
    }
}

/// A fragment's percent signs decoded, as a JSON Pointer has them.
fn unescaped(fragment: &str) -> String {
    percent_encoding::percent_decode_str(fragment)
        .decode_utf8_lossy()
        .into_owned()
}

/// An error as a path and what is wrong there. Values are left out: they may be secret, or long.
fn fault(error: &ValidationError<'_>, at: &str) -> Fault {
    let mut path = at.to_owned();
    for segment in error.instance_path() {
        match segment {
            LocationSegment::Index(n) => path.push_str(&format!("[{n}]")),
            LocationSegment::Property(name) if path.is_empty() => path.push_str(&name),
            LocationSegment::Property(name) => {
                path.push('.');
                path.push_str(&name);
            }
        }
    }
    let within = |name: &str| match &*path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            Fault::new(within(property.as_str().unwrap_or_default()), "is required")
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let first = unexpected.first().map(String::as_str).unwrap_or_default();
            Fault::new(within(first), "is not expected")
        }
        ValidationErrorKind::Enum { options } => {
            Fault::new(path, format!("must be one of {options}"))
        }
        ValidationErrorKind::Constant { expected_value } => {
            Fault::new(path, format!("must be {expected_value}"))
        }
        ValidationErrorKind::Type { .. } => Fault::new(path, type_issue(error)),
        ValidationErrorKind::FalseSchema => Fault::new(path, "must not be there"),
        _ => Fault::new(path, error.masked_with("it").to_string()),
    }
}

/// `must be a string`, from a text that ends in the types' names.
fn type_issue(error: &ValidationError<'_>) -> String {
    let text = error.masked_with("it").to_string();
    let types = text.split_once(" of type").map_or("", |(_, types)| types);
    let types = types.trim_start_matches('s').trim().replace('"', "");
    match types.is_empty() {
        true => text,
        false => format!("must be of type {types}"),
    }
}
