//! minijinja, set up so that a template can neither run nor grow without end.

use super::{Problem, bounded};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::{collections::HashSet, sync::LazyLock};

/// What one string may use: an instruction costs 1, 64 bytes of what it makes or looks through cost 1. So it
/// is through within milliseconds and 3 MiB.
const FUEL: u64 = 50_000;

/// How deep templates and what they call may nest.
const MAX_RECURSION: usize = 100;

/// The name of templates whose expressions are parts of a URL.
pub(super) const URL: &str = "url";

/// RFC 3986's unreserved characters stay.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(MAX_RECURSION);
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|name| match name {
        URL => AutoEscape::Custom(URL.into()),
        _ => AutoEscape::None,
    });
    engine.set_formatter(format);
    // With one a loop could nest a value as deep as it runs.
    engine.remove_global("namespace");
    engine.add_filter("urlencode", |text: String| encode(&text));
    engine
});

fn format(out: &mut Output, state: &mut State, value: &minijinja::Value) -> Result<(), Error> {
    if !matches!(state.auto_escape(), AutoEscape::Custom(_)) {
        return escape_formatter(out, state, value);
    }
    let text = value.to_string();
    let written = match value.is_safe() {
        true => out.write_str(&text),
        false => out.write_str(&encode(&text)),
    };
    written.map_err(Error::from)
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The text of a template, of at most `limit` bytes.
pub(super) fn render(
    name: &'static str,
    source: &str,
    context: minijinja::Value,
    limit: usize,
) -> Result<String, Problem> {
    let template = ENGINE.template_from_named_str(name, source);
    let template = template.map_err(problem)?;
    let mut text = bounded::Buffer::new(limit);
    template
        .render_captured_to(context, &mut text)
        .map_err(problem)?;
    // Templates are text, and so is all that they write.
    String::from_utf8(text.into_bytes()).map_err(|_| "is no text".into())
}

/// The value of an expression, which has at most `limit` bytes as JSON; and how many it has.
pub(super) fn evaluate(
    source: &str,
    context: minijinja::Value,
    limit: usize,
) -> Result<(Value, usize), Problem> {
    let expression = ENGINE.compile_expression(source).map_err(problem)?;
    let value = expression.eval(context).map_err(problem)?;
    if value.is_undefined() {
        return Err("names a value that is not there".into());
    }
    bounded::to_json(&value, limit)
}

/// What a template takes from outside.
pub(super) fn names_in_template(source: &str) -> Result<HashSet<String>, Problem> {
    let template = ENGINE.template_from_str(source).map_err(problem)?;
    Ok(template.undeclared_variables(false))
}

/// What an expression takes from outside.
pub(super) fn names_in_expression(source: &str) -> Result<HashSet<String>, Problem> {
    let expression = ENGINE.compile_expression(source).map_err(problem)?;
    Ok(expression.undeclared_variables(false))
}

/// What a template takes from outside, with the attributes that it takes of it.
pub(super) fn paths_in_template(source: &str) -> HashSet<String> {
    let template = ENGINE.template_from_str(source);
    template.map_or_else(
        |_| HashSet::new(),
        |template| template.undeclared_variables(true),
    )
}

/// What an expression takes from outside, with the attributes that it takes of it.
pub(super) fn paths_in_expression(source: &str) -> HashSet<String> {
    let expression = ENGINE.compile_expression(source);
    expression.map_or_else(
        |_| HashSet::new(),
        |expression| expression.undeclared_variables(true),
    )
}

/// What went wrong. minijinja's own texts name the template's parts, and for some operations the values
/// at fault, which may be secret: those are left out.
fn problem(error: Error) -> Problem {
    match error.kind() {
        ErrorKind::OutOfFuel => "takes too long".into(),
        ErrorKind::UndefinedError => "names a value that is not there".into(),
        ErrorKind::WriteFailure => "becomes too large".into(),
        kind @ (ErrorKind::SyntaxError
        | ErrorKind::UnknownFilter
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownMethod
        | ErrorKind::UnknownTest) => match error.detail() {
            Some(detail) => format!("has a fault: {kind}: {detail}"),
            None => format!("has a fault: {kind}"),
        },
        kind => format!("has a fault: {kind}"),
    }
}
