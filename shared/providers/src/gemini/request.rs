//! The request out.

use super::{contents::contents, generation::generation};
use crate::dialect::Input;
use bytes::Bytes;
use openclaw_core::{Error, Result};
use openclaw_schema::chat::{Text, Tool};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

/// Google's own words, as its OpenAI-compatible endpoint takes them: `extra_body.google`.
#[derive(Default, Deserialize)]
pub(super) struct Extra {
    #[serde(default)]
    google: Google,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Google {
    cached_content: Option<String>,
    safety_settings: Option<Value>,
    pub(super) thinking_config: Option<Value>,
}

/// `docs/dialects.md` says what each field becomes.
pub(super) fn encode(input: &Input<'_>) -> Result<Bytes> {
    refuse_unsupported(input)?;
    let extra = input.field::<Extra>("extra_body")?.unwrap_or_default();
    let google = extra.google;
    let mut body = Map::new();
    contents(input, &mut body)?;
    let tools = tools(input)?;
    if !tools.is_empty() {
        if let Some(choice) = choice(input)? {
            body.insert(
                "toolConfig".into(),
                json!({"functionCallingConfig": choice}),
            );
        }
        body.insert("tools".into(), json!([{"functionDeclarations": tools}]));
    }
    let generation = generation(input, google.thinking_config)?;
    if !generation.is_empty() {
        body.insert("generationConfig".into(), generation.into());
    }
    let cached = match google.cached_content {
        None => input.field::<String>("cached_content")?,
        cached => cached,
    };
    let safety = match google.safety_settings {
        None => input.field::<Value>("safety_settings")?,
        safety => safety,
    };
    body.extend(cached.map(|cached| ("cachedContent".to_owned(), cached.into())));
    body.extend(safety.map(|safety| ("safetySettings".to_owned(), safety)));
    let mut body = serde_json::to_vec(&body).map_err(Error::internal)?;
    // Where other dialects have the model's name.
    if let Some(brace) = body.first_mut() {
        *brace = b',';
    }
    Ok(body.into())
}

fn refuse_unsupported(input: &Input<'_>) -> Result<()> {
    for name in ["functions", "function_call", "audio"] {
        if input.field::<&RawValue>(name)?.is_some() {
            return Err(unsupported(name));
        }
    }
    let modalities = input.field::<Vec<Text<'_>>>("modalities")?;
    match modalities.iter().flatten().any(|kind| *kind != "text") {
        true => Err(unsupported("modalities")),
        false => Ok(()),
    }
}

pub(super) fn unsupported(path: impl Into<String>) -> Error {
    Error::invalid(path, "is not supported by this model")
}

/// The functions; tools of other kinds run at OpenAI and exist nowhere else.
fn tools(input: &Input<'_>) -> Result<Vec<Value>> {
    let tools = input.field::<Vec<Tool<'_>>>("tools")?;
    let tools = tools.into_iter().flatten().enumerate();
    tools
        .map(|(at, tool)| match tool.function {
            Some(function) if tool.kind == "function" => {
                let mut declared = json!({"name": function.name});
                if let Some(text) = function.description {
                    declared["description"] = text.0.into();
                }
                if let Some(schema) = function.parameters {
                    let field = format!("tools[{at}].function.parameters");
                    declared["parametersJsonSchema"] =
                        openclaw_schema::parse(schema.get(), &field)?;
                }
                Ok(declared)
            }
            _ => {
                let field = format!("tools[{at}].type");
                Err(Error::invalid(field, "must be function for this model"))
            }
        })
        .collect()
}

/// Which tool the model must use.
fn choice(input: &Input<'_>) -> Result<Option<Value>> {
    let Some(choice) = input.field::<Value>("tool_choice")? else {
        return Ok(None);
    };
    let names = |choice: &Value| {
        let allowed = choice["allowed_tools"]["tools"].as_array();
        let allowed = allowed.into_iter().flatten();
        let names = allowed.map(|tool| tool["function"]["name"].clone());
        names.collect::<Vec<_>>()
    };
    let kind = choice.as_str().or_else(|| choice["type"].as_str());
    Ok(Some(match kind {
        Some("none") => json!({"mode": "NONE"}),
        Some("auto") => json!({"mode": "AUTO"}),
        Some("required") => json!({"mode": "ANY"}),
        Some("function") => {
            json!({"mode": "ANY", "allowedFunctionNames": [choice["function"]["name"]]})
        }
        Some("allowed_tools") => match choice["allowed_tools"]["mode"] == "required" {
            true => json!({"mode": "ANY", "allowedFunctionNames": names(&choice)}),
            // One of these, or an answer.
            false => json!({"mode": "VALIDATED", "allowedFunctionNames": names(&choice)}),
        },
        _ => return Err(unsupported("tool_choice")),
    }))
}
