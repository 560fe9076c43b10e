//! JSON Schemas as Claude's structured outputs take them
//! (<https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations>).
//!
//! Anthropic's SDKs do the same: every object is closed, and a keyword that is not supported
//! becomes a part of the description, so that the model may still follow it.

use openclaw_core::json::{Compact, Object};

/// Keywords that stay as they are.
const KEPT: [&str; 9] = [
    "$ref",
    "type",
    "enum",
    "const",
    "default",
    "title",
    "description",
    "required",
    "format",
];

/// Keywords that say nothing about values.
const DROPPED: [&str; 4] = ["$schema", "$id", "$comment", "additionalProperties"];

/// Formats that stay.
const FORMATS: [&str; 10] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
    "uuid",
];

/// The schema; what is no object stays.
pub(super) fn encode(schema: &str) -> String {
    let Some(given) = Object::of(schema) else {
        return schema.into();
    };
    let mut kept = Object::default();
    let mut told = Vec::new();
    for name in given.names() {
        let json = given.get(name).unwrap_or_default();
        match name {
            "$defs" | "definitions" | "properties" => kept.set(name, each_field(json)),
            "anyOf" | "allOf" => kept.set(name, each_element(json)),
            "oneOf" => kept.set("anyOf", each_element(json)),
            "items" => kept.set(name, encode(json)),
            "minItems" if matches!(json, "0" | "1") => kept.set(name, json),
            "format" if !is_one_of(json, &FORMATS) => told.push(format!("{name}: {json}")),
            _ if KEPT.contains(&name) => kept.set(name, json),
            _ if DROPPED.contains(&name) => {}
            _ => told.push(format!("{name}: {json}")),
        }
    }
    let is_object = kept
        .get("type")
        .is_some_and(|json| json.contains("\"object\""));
    if is_object || kept.get("properties").is_some() {
        for (name, json) in [("type", "\"object\""), ("properties", "{}")] {
            if kept.get(name).is_none() {
                kept.set(name, json);
            }
        }
        kept.set("additionalProperties", "false");
    }
    if !told.is_empty() {
        describe(&mut kept, &told.join(", "));
    }
    kept.to_string()
}

fn is_one_of(json: &str, texts: &[&str]) -> bool {
    texts.contains(&json.trim_matches('"'))
}

fn each_field(json: &str) -> String {
    let Some(mut fields) = Object::of(json) else {
        return json.into();
    };
    let given = fields.clone();
    for name in given.names() {
        fields.set(name, encode(given.get(name).unwrap_or_default()));
    }
    fields.to_string()
}

fn each_element(json: &str) -> String {
    match serde_json::from_str::<Vec<Compact>>(json) {
        Ok(schemas) => {
            let schemas: Vec<_> = schemas.iter().map(|Compact(json)| encode(json)).collect();
            format!("[{}]", schemas.join(","))
        }
        Err(_) => json.into(),
    }
}

/// Adds `{minimum: 1, maximum: 10}` to the description.
fn describe(schema: &mut Object, told: &str) {
    let given = schema.get("description");
    let given: Option<String> = given.and_then(|json| serde_json::from_str(json).ok());
    let start = given.map(|given| given + "\n\n").unwrap_or_default();
    let description = serde_json::Value::String(format!("{start}{{{told}}}"));
    schema.set("description", description.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn becomes(given: &str, expected: &str) {
        assert_eq!(encode(given), expected);
    }

    #[test]
    fn objects_are_closed_at_every_depth_and_keep_their_order() {
        becomes(
            r##"{"type":"object","properties":{"why":{"type":"string"},"answer":{"type":["object","null"],
                "additionalProperties":true}},"required":["why","answer"],"additionalProperties":{"type":"string"},
                "$defs":{"a":{"type":"array","items":{"properties":{"b":{"$ref":"#/$defs/a"}}}}}}"##,
            r##"{"type":"object","properties":{"why":{"type":"string"},"answer":{"type":["object","null"],"properties":{},"additionalProperties":false}},"required":["why","answer"],"$defs":{"a":{"type":"array","items":{"properties":{"b":{"$ref":"#/$defs/a"}},"type":"object","additionalProperties":false}}},"additionalProperties":false}"##,
        );
    }

    #[test]
    fn unsupported_keywords_are_told_in_the_description() {
        becomes(
            r#"{"type":"integer","minimum":1,"description":"A \"number\"","maximum":10}"#,
            r#"{"type":"integer","description":"A \"number\"\n\n{minimum: 1, maximum: 10}"}"#,
        );
        becomes(
            r#"{"type":"array","items":{"type":"string","format":"phone"},"minItems":2}"#,
            r#"{"type":"array","items":{"type":"string","description":"{format: \"phone\"}"},"description":"{minItems: 2}"}"#,
        );
    }

    #[test]
    fn what_is_supported_stays() {
        for schema in [
            r#"{"type":"string","format":"date-time"}"#,
            r#"{"type":"array","items":{"type":"boolean"},"minItems":1}"#,
            r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#,
            r#"{"enum":["a",1,null]}"#,
            "true",
        ] {
            becomes(schema, schema);
        }
        becomes(r#"{"oneOf":[{"const":1}]}"#, r#"{"anyOf":[{"const":1}]}"#);
        becomes(r#"{"$schema":"x","type":"null"}"#, r#"{"type":"null"}"#);
    }
}
