//! Arguments that a tool wants repeated in headers (`x-mcp-header` in its schema), and how texts are
//! written in headers.

use crate::protocol::PARAM_HEADER;
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue};
use serde_json::Value;

/// The keyword in a parameter's schema.
const KEYWORD: &str = "x-mcp-header";

/// Numbers outside of it are not the same everywhere: 2^53 - 1.
const MAX_SAFE: i64 = (1 << 53) - 1;

/// A parameter that is repeated in a header.
struct Annotated<'a> {
    header: HeaderName,
    /// The names of the properties that lead to it.
    path: Vec<&'a str>,
}

/// Why the annotations of a tool's schema are wrong, if they are: such a tool must not be used.
pub(crate) fn fault(schema: &Value) -> Option<String> {
    annotated(schema).err()
}

/// The headers that repeat `arguments`, by the annotations in `schema`; none where these are wrong.
pub(crate) fn of(schema: &Value, arguments: &Value) -> Vec<(HeaderName, HeaderValue)> {
    let annotated = annotated(schema).unwrap_or_default();
    let headers = annotated
        .into_iter()
        .filter_map(|Annotated { header, path }| {
            let found = path
                .iter()
                .try_fold(arguments, |value, name| value.get(name));
            Some((header, encode(&plain(found?)?)))
        });
    headers.collect()
}

/// A text in a header: as it is where that is safe, else in base64, marked as such.
pub(crate) fn encode(text: &str) -> HeaderValue {
    let is_safe = text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.trim() == text
        && marked(text).is_none();
    let value = match is_safe {
        true => HeaderValue::from_str(text),
        false => HeaderValue::from_str(&format!("=?base64?{}?=", STANDARD.encode(text))),
    };
    // Both are printable ASCII.
    value.unwrap_or(HeaderValue::from_static(""))
}

/// The text that a header says; `None` where it is none.
pub(crate) fn decode(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    match marked(text) {
        None => Some(text.into()),
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok(),
    }
}

fn marked(text: &str) -> Option<&str> {
    text.strip_prefix("=?base64?")?.strip_suffix("?=")
}

/// A value as a header says it; `None` where it is no text, whole number or boolean.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(is) => Some(is.to_string()),
        Value::Number(number) => {
            let safe = |number: &i64| (-MAX_SAFE..=MAX_SAFE).contains(number);
            number
                .as_i64()
                .filter(safe)
                .map(|number| number.to_string())
        }
        _ => None,
    }
}

fn annotated(schema: &Value) -> Result<Vec<Annotated<'_>>, String> {
    let mut found = vec![];
    walk(schema, Some(vec![]), &mut found)?;
    Ok(found)
}

/// Looks at all schemas within `schema`. `path` leads to it, as long as it leads by properties alone.
fn walk<'a>(
    schema: &'a Value,
    path: Option<Vec<&'a str>>,
    found: &mut Vec<Annotated<'a>>,
) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return Ok(());
    };
    if let Some(name) = keywords.get(KEYWORD) {
        let header = header(name, &schema["type"], path.as_deref())?;
        if found.iter().any(|other| other.header == header) {
            return Err(format!("{header} is the header of two parameters"));
        }
        let path = path.clone().unwrap_or_default();
        found.push(Annotated { header, path });
    }
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    let path = path.clone().map(|path| [&path[..], &[name]].concat());
                    walk(property, path, found)?;
                }
            }
            ("patternProperties" | "dependentSchemas" | "$defs" | "definitions", _) => {
                let schemas = value.as_object().into_iter().flatten();
                schemas
                    .map(|(_, schema)| schema)
                    .try_for_each(|schema| walk(schema, None, found))?;
            }
            // Data, not schemas.
            ("default" | "examples" | "const" | "enum", _) => {}
            (_, Value::Array(schemas)) => {
                let mut schemas = schemas.iter();
                schemas.try_for_each(|schema| walk(schema, None, found))?;
            }
            _ => walk(value, None, found)?,
        }
    }
    Ok(())
}

fn header(name: &Value, kind: &Value, path: Option<&[&str]>) -> Result<HeaderName, String> {
    if path.is_none_or(<[_]>::is_empty) {
        return Err(format!("{KEYWORD} is not at a property"));
    }
    if !matches!(kind.as_str(), Some("string" | "integer" | "boolean")) {
        return Err(format!(
            "{KEYWORD} is at a property that is no text, whole number or boolean"
        ));
    }
    let name = name.as_str().filter(|name| !name.is_empty());
    let header = name.and_then(|name| format!("{PARAM_HEADER}{name}").parse().ok());
    header.ok_or_else(|| format!("{KEYWORD} is no header's name"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_written_as_the_specification_shows() {
        for (text, expected) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            let value = encode(text);
            assert_eq!(value, expected);
            assert_eq!(decode(&value).as_deref(), Some(text));
        }
        assert_eq!(decode(&HeaderValue::from_static("=?base64?*?=")), None);
    }

    #[test]
    fn annotated_arguments_are_repeated_in_headers() {
        let schema = json!({"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "at": {"type": "object", "properties": {
                "depth": {"type": "integer", "x-mcp-header": "Depth"},
                "dry": {"type": "boolean", "x-mcp-header": "Dry"}}},
            "x-mcp-header": {"type": "string", "default": {"x-mcp-header": 7}},
        }});
        assert_eq!(fault(&schema), None);
        let arguments = json!({"region": "é", "at": {"depth": -7, "dry": true}});
        let mut headers = of(&schema, &arguments);
        headers.sort_by_key(|(name, _)| name.to_string());
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        assert_eq!(
            headers,
            [
                ("mcp-param-depth", "-7"),
                ("mcp-param-dry", "true"),
                ("mcp-param-region", "=?base64?w6k=?="),
            ]
        );
        assert!(of(&schema, &json!({"region": null, "at": 7})).is_empty());
    }

    #[test]
    fn annotations_that_break_the_rules_are_told() {
        let property = |schema: Value| json!({"type": "object", "properties": {"a": schema}});
        let annotated = json!({"type": "string", "x-mcp-header": "A"});
        for schema in [
            annotated.clone(),
            property(json!({"type": "number", "x-mcp-header": "A"})),
            property(json!({"type": ["string"], "x-mcp-header": "A"})),
            property(json!({"type": "string", "x-mcp-header": ""})),
            property(json!({"type": "string", "x-mcp-header": "a b"})),
            property(json!({"type": "string", "x-mcp-header": "a\r\nb"})),
            property(json!({"type": "string", "x-mcp-header": 7})),
            property(json!({"type": "array", "items": annotated})),
            property(json!({"anyOf": [annotated]})),
            json!({"$defs": {"a": annotated}}),
            json!({"properties": {"a": annotated, "b": {"type": "string", "x-mcp-header": "a"}}}),
        ] {
            assert!(fault(&schema).is_some(), "{schema}");
            assert!(of(&schema, &json!({"a": "x", "b": "y"})).is_empty());
        }
    }
}
