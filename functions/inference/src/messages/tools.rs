//! Tools, as the chat's functions.

use super::content::Unconvertible;
use openclaw_core::{Error, Result};
use openclaw_schema::chat::Text;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An element of `tools`: the caller's own, or one of Anthropic's.
#[derive(Deserialize)]
pub(super) struct Tool<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    description: Option<Text<'a>>,
    #[serde(borrow)]
    input_schema: Option<&'a RawValue>,
}

/// How a tool is to be chosen.
#[derive(Deserialize)]
pub(super) struct ToolChoice<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    pub(super) disable_parallel_tool_use: Option<bool>,
}

/// A tool of the chat.
#[derive(Serialize)]
pub(super) struct Definition<'a> {
    /// `function`; of Anthropic's own tools their type, which tells what they cost.
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Function<'a>>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'a RawValue>,
}

/// `tool_choice` of the chat.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Choice<'a> {
    Word(&'static str),
    Function {
        #[serde(rename = "type")]
        kind: &'static str,
        function: Name<'a>,
    },
}

#[derive(Serialize)]
pub(super) struct Name<'a> {
    name: &'a str,
}

/// The chat's tools, and the first that only Anthropic has.
pub(super) fn tools<'a>(tools: &'a [Tool<'a>]) -> (Vec<Definition<'a>>, Option<Unconvertible>) {
    let mut unconvertible = None;
    let definitions = tools.iter().enumerate().map(|(at, tool)| {
        let kind = tool.kind.as_ref().map_or("custom", |kind| &*kind.0);
        if kind != "custom" {
            let issue = format!("'{kind}' is not supported by this model");
            unconvertible.get_or_insert((format!("tools[{at}].type"), issue));
            return Definition {
                kind,
                function: None,
            };
        }
        Definition {
            kind: "function",
            function: Some(Function {
                name: tool.name.as_ref().map_or("", |name| &name.0),
                description: tool.description.as_ref().map(|text| &*text.0),
                parameters: tool.input_schema,
            }),
        }
    });
    (definitions.collect(), unconvertible)
}

pub(super) fn choice<'a>(choice: &'a ToolChoice<'_>) -> Result<Choice<'a>> {
    Ok(match &*choice.kind.0 {
        "auto" => Choice::Word("auto"),
        "any" => Choice::Word("required"),
        "none" => Choice::Word("none"),
        "tool" => {
            let name = choice.name.as_ref();
            let name = name.ok_or_else(|| Error::invalid("tool_choice.name", "is required"))?;
            Choice::Function {
                kind: "function",
                function: Name { name: &name.0 },
            }
        }
        _ => {
            let issue = "must be one of auto, any, tool, none";
            return Err(Error::invalid("tool_choice.type", issue));
        }
    })
}
