//! JSON in: errors name the field at fault, the way they cost nothing where there is none.

use crate::path;
use openclaw_core::{Error, Result, json::read_text};
use serde::Deserialize;

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
/// The path of a wrong field is found by looking at `text` again: only mistakes pay for that.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a str, at: &str) -> Result<T> {
    read_text(text).map_err(|error| explain(text, at, &error))
}

fn explain(json: &str, at: &str, error: &serde_json::Error) -> Error {
    if error.is_syntax() || error.is_eof() {
        return Error::invalid(field(at, ""), format!("is not valid JSON: {error}"));
    }
    let text = error.to_string();
    let given_twice = text.starts_with("duplicate field");
    let within = path::at(json, (error.line(), error.column()), given_twice);
    let path = field(at, &within);
    // serde_json appends where it stopped; the path says it better.
    let text = text.split(" at line ").next().unwrap_or_default();
    if let Some(name) = text
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next())
    {
        let path = if path == "body" {
            name.into()
        } else {
            format!("{path}.{name}")
        };
        return Error::invalid(path, "is required");
    }
    Error::invalid(path, issue(text))
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

    fn failure(text: &str, at: &str) -> (String, String) {
        let error = parse::<Outer>(text, at).unwrap_err();
        match error.details {
            Some(openclaw_core::Details::Field { field, issue }) => (field, issue),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn mistakes_are_named_by_their_path() {
        let cases = [
            (
                r#"{"items":[{"role":1}]}"#,
                "items[0].role",
                "must be a string",
            ),
            (r#"{"items":[{}]}"#, "items[0].role", "is required"),
            (r#"{"items":[["user"]]}"#, "items[0]", "must be an object"),
            (r#"{"items":{}}"#, "items", "must be an array"),
            (r#"{}"#, "items", "is required"),
            (r#"[]"#, "body", "must be an object"),
            (r#"3"#, "body", "must be an object"),
        ];
        for (text, field, issue) in cases {
            assert_eq!(failure(text, ""), (field.into(), issue.into()), "{text}");
        }
        assert_eq!(failure(r#"{"items":[{}]}"#, "a").0, "a.items[0].role");
    }

    #[test]
    fn names_are_refused_where_they_are() {
        #[derive(Debug, Deserialize)]
        enum Kind {
            Plain,
        }
        for text in [
            r#"["Plain","Odd"]"#,
            r#"["Plain","Odd","Plain"]"#,
            r#"["Plain",1,2]"#,
        ] {
            let error = parse::<Vec<Kind>>(text, "kinds").unwrap_err();
            let Some(openclaw_core::Details::Field { field, .. }) = error.details else {
                panic!("{text}");
            };
            assert_eq!(field, "kinds[1]", "{text}");
        }
    }

    #[test]
    fn broken_json_is_the_bodys_fault() {
        for text in ["", "{", r#"{"items":[]} x"#, r#"{"items":[}"#] {
            let (field, issue) = failure(text, "");
            assert_eq!(field, "body", "{text}");
            assert!(issue.starts_with("is not valid JSON"), "{issue}");
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
