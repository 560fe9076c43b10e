//! Tools and the choice among them.

use crate::dialect::Input;
use openclaw_core::{Error, Result, record};
use openclaw_schema::chat::{self, Text};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A tool the model may use.
#[derive(Debug, Serialize)]
pub(super) struct Tool<'a> {
    name: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'a, str>>,
    input_schema: Schema<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Schema<'a> {
    Given(&'a RawValue),
    /// Of a function without parameters.
    Empty(Object),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename = "object")]
struct Object {
    properties: Nothing,
}

#[derive(Debug, Serialize)]
struct Nothing {}

/// Which tool it must use.
#[derive(Debug, Serialize)]
pub(super) struct Choice<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_parallel_tool_use: bool,
}

/// The functions; tools of other kinds run at OpenAI and exist nowhere else.
pub(super) fn convert<'a>(input: &Input<'a>) -> Result<Vec<Tool<'a>>> {
    let tools = input.field::<Vec<chat::Tool<'a>>>("tools")?;
    let tools = tools.into_iter().flatten().enumerate();
    tools
        .map(|(at, tool)| match tool.function {
            Some(function) if tool.kind == "function" => Ok(Tool {
                name: function.name,
                description: function.description.map(|text| text.0),
                input_schema: function.parameters.map_or(
                    Schema::Empty(Object {
                        properties: Nothing {},
                    }),
                    Schema::Given,
                ),
            }),
            _ => {
                let field = format!("tools[{at}].type");
                Err(Error::invalid(field, "must be function for this model"))
            }
        })
        .collect()
}

#[derive(Default)]
struct Named<'a> {
    function: Name<'a>,
}

record!(Named<'a> {
    function: required,
    ..
});

#[derive(Default)]
struct Name<'a> {
    name: Text<'a>,
}

record!(Name<'a> {
    name: required,
    ..
});

/// `tool_choice` and `parallel_tool_calls`, where there are tools.
pub(super) fn choice<'a>(input: &Input<'a>, has_tools: bool) -> Result<Option<Choice<'a>>> {
    if !has_tools {
        return Ok(None);
    }
    let alone = input.field::<bool>("parallel_tool_calls")? == Some(false);
    let choice = |kind, name, disable_parallel_tool_use| Choice {
        kind,
        name,
        disable_parallel_tool_use,
    };
    let Some(raw) = input.field::<&'a RawValue>("tool_choice")? else {
        return Ok(alone.then(|| choice("auto", None, true)));
    };
    Ok(Some(match raw.get() {
        r#""none""# => choice("none", None, false),
        r#""auto""# => choice("auto", None, alone),
        r#""required""# => choice("any", None, alone),
        text if text.starts_with('{') => {
            let named: Named<'a> = openclaw_schema::parse(text, "tool_choice")?;
            choice("tool", Some(named.function.name.0), alone)
        }
        _ => {
            let issue = "must be none, auto, required or a function";
            return Err(Error::invalid("tool_choice", issue));
        }
    }))
}
