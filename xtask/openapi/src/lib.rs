//! docs/openapi.json from the functions' tables, and docs/asyncapi.json from docs/asyncapi.yaml: what the
//! gateway serves. The document has a line for each operation and component, so that a change shows as one.

use anyhow::Result;
use openclaw_openapi::{Group, document};
use serde_json::{Map, Value};
use std::{fs, path::Path};

/// Every function's endpoints.
#[must_use]
pub fn groups() -> Vec<Group> {
    let mut all = openclaw_function_chat::openapi::groups();
    all.extend(openclaw_function_inference::openapi::groups());
    all.extend(openclaw_function_models::openapi::groups());
    all.extend(openclaw_function_skills::openapi::groups());
    all.extend(openclaw_function_workflows::openapi::groups());
    all.extend(openclaw_function_files::openapi::groups());
    all.extend(openclaw_function_webhooks::openapi::groups());
    all.extend(openclaw_function_analytics::openapi::groups());
    all.extend(openclaw_function_auth::openapi::groups());
    all.extend(openclaw_function_admin::openapi::groups());
    all.extend(openclaw_function_health::openapi::groups());
    all
}

/// The files that the gateway serves, by name, and what is in them.
///
/// # Errors
/// docs/asyncapi.yaml cannot be read.
pub fn files(docs: &Path) -> Result<[(&'static str, String); 2]> {
    let asyncapi = fs::read_to_string(docs.join("asyncapi.yaml"))?;
    let asyncapi: Value = serde_yaml_ng::from_str(&asyncapi)?;
    Ok([
        ("openapi.json", lines(&document(&groups()))),
        ("asyncapi.json", lines(&asyncapi)),
    ])
}

/// The document: objects down to the third level with a line for each field, what is below as one line.
fn lines(document: &Value) -> String {
    let mut text = String::new();
    write(document, 0, &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(fields) if depth < 3 && !fields.is_empty() => object(fields, depth, out),
        other => out.push_str(&other.to_string()),
    }
}

fn object(fields: &Map<String, Value>, depth: usize, out: &mut String) {
    let indent = " ".repeat(depth);
    out.push('{');
    for (at, (name, value)) in fields.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&format!("{indent} {}: ", Value::from(name.as_str())));
        write(value, depth + 1, out);
    }
    out.push_str(&format!("\n{indent}}}"));
}
