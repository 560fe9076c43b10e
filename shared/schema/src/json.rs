//! JSON in: one pass where it is right, a second one to name the field at fault where it is not.

use openclaw_core::{Error, Result};
use serde::{Deserialize, de::IgnoredAny};

/// How deep arrays and objects may nest: what `serde_json` itself allows, checked once for the
/// whole body because raw values are handed on unparsed to providers that may allow less.
const MAX_DEPTH: usize = 128;

/// The body as text: UTF-8 and nested no deeper than 128.
pub fn parse_text(body: &[u8]) -> Result<&str> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Error::invalid("body", format!("is not valid UTF-8: {error}")))?;
    if depth_exceeds(text.as_bytes(), MAX_DEPTH) {
        return Err(Error::invalid(
            "body",
            format!("nests deeper than {MAX_DEPTH} levels"),
        ));
    }
    Ok(text)
}

/// Parses `text`, the value at the path `at` of the request (empty: the whole body).
///
/// `serde_path_to_error` notes every name it passes, so it reads again only what was refused.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a str, at: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| explain::<T>(text, at, error))
}

/// The error of the contract for a `text` that `serde_json` refused.
fn explain<'a, T: Deserialize<'a>>(text: &'a str, at: &str, error: serde_json::Error) -> Error {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Error::invalid(field(at, ""), format!("is not valid JSON: {error}"));
    }
    let mut again = serde_json::Deserializer::from_str(text);
    let (within, error) = match serde_path_to_error::deserialize::<_, T>(&mut again) {
        Err(tracked) => (tracked.path().to_string(), tracked.into_inner()),
        Ok(_) => (String::new(), error),
    };
    let path = field(at, within.trim_start_matches('.'));
    let text = error.to_string();
    // serde_json appends where it stopped; the path says it better.
    let text = text.split(" at line ").next().unwrap_or_default();
    let missing = text.strip_prefix("missing field `");
    match missing.and_then(|rest| rest.split('`').next()) {
        Some(name) if path == "body" => Error::invalid(name, "is required"),
        Some(name) => Error::invalid(format!("{path}.{name}"), "is required"),
        // That is how serde_json refuses a number or an array in place of a variant's name.
        None if text == "expected value" => Error::invalid(path, "must be a string"),
        None => Error::invalid(path, issue(text)),
    }
}

/// Serde's words in the contract's: `invalid type: string "x", expected a sequence` becomes
/// `must be an array`.
fn issue(text: &str) -> String {
    let expected = [
        "invalid type: ",
        "invalid value: ",
        "unknown variant ",
        "invalid length ",
    ]
    .iter()
    .any(|start| text.starts_with(start))
    .then(|| text.split_once(", expected "))
    .flatten();
    match expected {
        None => text.to_string(),
        Some((_, "a sequence")) => "must be an array".into(),
        Some((_, what)) if what == "a map" || what.starts_with("struct ") => {
            "must be an object".into()
        }
        Some((_, what)) => format!("must be {what}"),
    }
}

/// Joins the path of a value and the path within it.
fn field(at: &str, within: &str) -> String {
    match (at, within) {
        ("", "") => "body".into(),
        ("", within) => within.into(),
        (at, "") => at.into(),
        (at, within) if within.starts_with('[') => format!("{at}{within}"),
        (at, within) => format!("{at}.{within}"),
    }
}

fn depth_exceeds(json: &[u8], most: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > most {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use std::{collections::HashMap, fmt::Debug};

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[allow(dead_code)]
        role: String,
    }

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[allow(dead_code)]
        items: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Plain,
        Other,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Leaf {
        name: String,
        pair: Option<(u8, bool)>,
        #[serde(default)]
        flags: Vec<bool>,
        #[serde(default)]
        more: HashMap<String, Vec<Leaf>>,
    }

    #[track_caller]
    fn check<T: DeserializeOwned + Debug>(text: &str, at: &str, expected: (&str, &str)) {
        let error = parse::<T>(text, at).unwrap_err();
        let Some(openclaw_core::Details::Field { field, issue }) = error.details else {
            panic!("{text}: {error}");
        };
        assert_eq!((&*field, &*issue), expected, "{text}");
    }

    #[test]
    fn mistakes_are_named_by_their_path() {
        for (text, expected) in [
            (
                r#"{"items":[{"role":1}]}"#,
                ("items[0].role", "must be a string"),
            ),
            (r#"{"items":[{}]}"#, ("items[0].role", "is required")),
            (r#"{"items":["user"]}"#, ("items[0]", "must be an object")),
            (r#"{"items":{}}"#, ("items", "must be an array")),
            (
                r#"{"items":[],"items":[]}"#,
                ("body", "duplicate field `items`"),
            ),
            (r#"{}"#, ("items", "is required")),
            (r#"[]"#, ("body", "must be an object")),
            (r#"3"#, ("body", "must be an object")),
        ] {
            check::<Outer>(text, "", expected);
        }
        check::<Outer>(r#"{"items":[{}]}"#, "a", ("a.items[0].role", "is required"));
        check::<Vec<f64>>("[1, 1e999]", "n", ("n[1]", "number out of range"));
    }

    #[test]
    fn paths_lead_through_maps_options_and_names_that_were_escaped() {
        let within = |leaf| format!("{{\"name\":\"x\",\n\"more\":{{\"a\":[],\"b\":[{leaf}]}}}}");
        for (leaf, expected) in [
            (
                r#"{"name":"y","flags":0}"#,
                ("more.b[0].flags", "must be an array"),
            ),
            (r#"{"n\u0061me":3}"#, ("more.b[0].name", "must be a string")),
            (
                r#"{"name":"y","pair":[1]}"#,
                ("more.b[0].pair", "must be a tuple of size 2"),
            ),
            (
                r#"{"name":"y","pair":[256,true]}"#,
                ("more.b[0].pair[0]", "must be u8"),
            ),
            (
                r#"{"name":"y","other":1}"#,
                (
                    "more.b[0].other",
                    "unknown field `other`, expected one of `name`, `pair`, `flags`, `more`",
                ),
            ),
        ] {
            check::<Leaf>(&within(leaf), "", expected);
        }
    }

    #[test]
    fn names_are_refused_where_they_are() {
        for (text, issue) in [
            (r#"["Plain","Odd","Plain"]"#, "must be `Plain` or `Other`"),
            (r#"["Plain",1,2]"#, "must be a string"),
            (r#"["Plain",["Plain"]]"#, "must be a string"),
        ] {
            check::<Vec<Kind>>(text, "kinds", ("kinds[1]", issue));
        }
    }

    #[test]
    fn broken_json_is_the_bodys_fault() {
        for text in ["", "{", r#"{"items":[]} x"#, r#"{"items":[}"#] {
            let error = parse::<Outer>(text, "").unwrap_err().to_string();
            let expected = "invalid_request: Invalid request: body is not valid JSON: ";
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn depth_counts_brackets_outside_strings_only() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_text(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(parse_text(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        let text = format!(r#"{{"a":"\"{}"}}"#, "[".repeat(500));
        assert!(parse_text(text.as_bytes()).is_ok());
        assert!(parse_text(b"\"\xff\"").is_err());
    }
}
