//! `response_format`: by Claude's own structured outputs, by a tool that it must call with the
//! answer, or in words.

use super::{
    schema,
    tools::{Schema, Tool},
};
use crate::{
    anthropic::{
        ANSWER_TOOL,
        family::{Family, Thinking},
    },
    dialect::Input,
};
use openclaw_core::{Error, Result};
use openclaw_schema::chat::Text;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// For models that think as they like, which may not be forced to call a tool.
pub(super) const INSTRUCTION: &str =
    "Answer with one JSON object and nothing else: no words around it and no code fence.";

/// What [`ANSWER_TOOL`] is for, where the caller does not say.
const TOOL_DESCRIPTION: &str =
    "Give the answer by calling this tool, with the JSON object that was asked for as its input.";

/// How an answer gets its form.
#[derive(Debug)]
pub(super) enum ResponseFormat<'a> {
    Text,
    Structured(OutputFormat),
    Tool(Tool<'a>),
    Instruction,
}

/// `output_config.format`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "json_schema")]
pub(super) struct OutputFormat {
    schema: Box<RawValue>,
}

#[derive(Deserialize)]
struct Given<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    json_schema: Option<JsonSchema<'a>>,
}

#[derive(Deserialize)]
struct JsonSchema<'a> {
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    schema: Option<&'a RawValue>,
}

pub(super) fn encode<'a>(input: &Input<'a>, family: Family) -> Result<ResponseFormat<'a>> {
    let Some(given) = input.field::<Given<'a>>("response_format")? else {
        return Ok(ResponseFormat::Text);
    };
    let wrong = |field: &str, issue: &str| Err(Error::invalid(field, issue));
    let json_schema = match &*given.kind.0 {
        "text" => return Ok(ResponseFormat::Text),
        "json_object" => None,
        "json_schema" => match given.json_schema {
            None => return wrong("response_format.json_schema", "is required"),
            given => given,
        },
        _ => {
            let issue = "must be text, json_object or json_schema for this model";
            return wrong("response_format.type", issue);
        }
    };
    let (schema, description) = match json_schema {
        Some(given) => (given.schema, given.description),
        None => (None, None),
    };
    let Some(schema) = schema else {
        return Ok(match family.thinking {
            Thinking::Adaptive { .. } => ResponseFormat::Instruction,
            _ => ResponseFormat::Tool(answer_tool(None, Schema::empty())),
        });
    };
    let Some(object) = Schema::object(schema) else {
        return wrong("response_format.json_schema.schema", "must be an object");
    };
    Ok(match family.structured_outputs {
        true => ResponseFormat::Structured(OutputFormat {
            schema: RawValue::from_string(schema::encode(schema.get())).map_err(Error::internal)?,
        }),
        false => ResponseFormat::Tool(answer_tool(description, object)),
    })
}

fn answer_tool<'a>(description: Option<Text<'a>>, schema: Schema<'a>) -> Tool<'a> {
    let description = description.map_or(TOOL_DESCRIPTION.into(), |text| text.0);
    Tool::new(ANSWER_TOOL, Some(description), schema)
}
