//! Tools and the choice among them.

use crate::dialect::Input;
use openclaw_core::{Error, Result, json::Object};
use openclaw_schema::chat::{self, Text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The tools of a request and which of them the model must use.
#[derive(Debug, Default)]
pub(super) struct Toolset<'a> {
    pub(super) tools: Vec<Tool<'a>>,
    pub(super) choice: Option<Choice<'a>>,
}

/// A tool the model may use.
#[derive(Debug, Serialize)]
pub(super) struct Tool<'a> {
    name: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Cow<'a, str>>,
    input_schema: Schema<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<&'a RawValue>,
}

/// A JSON Schema whose `type` is `object`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Schema<'a> {
    Given(&'a RawValue),
    Made(Box<RawValue>),
    /// Of a function without parameters.
    Empty(EmptySchema),
}

#[derive(Debug, Default, Serialize)]
#[serde(tag = "type", rename = "object")]
pub(super) struct EmptySchema {
    properties: Nothing,
}

#[derive(Debug, Default, Serialize)]
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

/// The caller's tools and choice. `answer` is the tool that gives an answer its form, `called` are
/// the tools that the history calls: Anthropic takes calls only beside definitions.
pub(super) fn encode<'a>(
    input: &Input<'a>,
    answer: Option<Tool<'a>>,
    called: &[&'a str],
) -> Result<Toolset<'a>> {
    let mut tools = definitions(input)?;
    let mode = match tools.is_empty() {
        true => Mode::Auto,
        false => mode(input, &mut tools)?,
    };
    let alone = input.field::<bool>("parallel_tool_calls")? == Some(false);
    let is_said = input.field::<&RawValue>("tool_choice")?.is_some();
    // Where a call is demanded, there is no answer to give a form to.
    let answer = answer.filter(|_| matches!(mode, Mode::Auto | Mode::None));
    let choice = match (mode, &answer) {
        (Mode::Any, _) => Some(Choice::new("any", None, alone)),
        (Mode::Tool(name), _) => Some(Choice::new("tool", Some(name), alone)),
        // One of the tools, or the one that answers.
        (Mode::Auto, Some(_)) if !tools.is_empty() => Some(Choice::new("any", None, alone)),
        (_, Some(answer)) => Some(Choice::new("tool", Some(answer.name.clone()), true)),
        (Mode::None, None) => Some(Choice::new("none", None, false)),
        (Mode::Auto, None) => {
            ((alone || is_said) && !tools.is_empty()).then(|| Choice::new("auto", None, alone))
        }
    };
    tools.extend(answer);
    if tools.is_empty() && !called.is_empty() {
        let tools = called
            .iter()
            .map(|name| Tool::new(name, None, Schema::empty()));
        return Ok(Toolset {
            tools: tools.collect(),
            choice: Some(Choice::new("none", None, false)),
        });
    }
    Ok(Toolset { tools, choice })
}

/// The functions; tools of other kinds run at OpenAI and exist nowhere else.
fn definitions<'a>(input: &Input<'a>) -> Result<Vec<Tool<'a>>> {
    let tools = input.field::<Vec<chat::Tool<'a>>>("tools")?;
    let tools = tools.into_iter().flatten().enumerate();
    tools
        .map(|(at, tool)| match tool.function {
            Some(function) if tool.kind == "function" => Ok(Tool {
                input_schema: parameters(function.parameters, at)?,
                name: function.name,
                description: function.description.map(|text| text.0),
                cache_control: tool.cache_control.or(function.cache_control),
            }),
            _ => {
                let field = format!("tools[{at}].type");
                Err(Error::invalid(field, "must be function for this model"))
            }
        })
        .collect()
}

fn parameters(parameters: Option<&RawValue>, at: usize) -> Result<Schema<'_>> {
    let Some(parameters) = parameters else {
        return Ok(Schema::empty());
    };
    Schema::object(parameters).ok_or_else(|| {
        let field = format!("tools[{at}].function.parameters");
        Error::invalid(field, "must be an object")
    })
}

impl<'a> Tool<'a> {
    pub(super) fn new(
        name: &'a str,
        description: Option<Cow<'a, str>>,
        input_schema: Schema<'a>,
    ) -> Self {
        Self {
            name: name.into(),
            description,
            input_schema,
            cache_control: None,
        }
    }
}

impl<'a> Schema<'a> {
    pub(super) const fn empty() -> Self {
        Self::Empty(EmptySchema {
            properties: Nothing {},
        })
    }

    /// `schema` with the `type` that Anthropic requires; `None` for what is no JSON object.
    pub(super) fn object(schema: &'a RawValue) -> Option<Self> {
        let mut object = Object::of(schema.get())?;
        let mut is_whole = true;
        for (name, default) in [("type", r#""object""#), ("properties", "{}")] {
            let is_missing = object.get(name).is_none_or(|json| json == "null");
            if is_missing && (name == "type" || !is_whole) {
                object.set(name, default);
                is_whole = false;
            }
        }
        match is_whole {
            true => Some(Self::Given(schema)),
            false => RawValue::from_string(object.to_string())
                .ok()
                .map(Self::Made),
        }
    }
}

impl<'a> Choice<'a> {
    fn new(
        kind: &'static str,
        name: Option<Cow<'a, str>>,
        disable_parallel_tool_use: bool,
    ) -> Self {
        Self {
            kind,
            name,
            disable_parallel_tool_use,
        }
    }

    /// Whether a tool must be called.
    pub(super) fn is_forced(&self) -> bool {
        matches!(self.kind, "any" | "tool")
    }
}

/// What `tool_choice` says.
enum Mode<'a> {
    Auto,
    None,
    Any,
    Tool(Cow<'a, str>),
}

#[derive(Deserialize)]
struct ToolChoice<'a> {
    #[serde(borrow)]
    function: Option<Name<'a>>,
    #[serde(borrow)]
    allowed_tools: Option<AllowedTools<'a>>,
}

#[derive(Deserialize)]
struct Name<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct AllowedTools<'a> {
    #[serde(borrow)]
    mode: Text<'a>,
    #[serde(borrow)]
    tools: Vec<ToolChoice<'a>>,
}

/// `tool_choice`. Of `tools`, those stay that it allows.
fn mode<'a>(input: &Input<'a>, tools: &mut Vec<Tool<'a>>) -> Result<Mode<'a>> {
    let wrong = |field: &str, issue: &str| Err(Error::invalid(field, issue));
    let Some(raw) = input.field::<&'a RawValue>("tool_choice")? else {
        return Ok(Mode::Auto);
    };
    match raw.get() {
        r#""none""# => return Ok(Mode::None),
        r#""auto""# => return Ok(Mode::Auto),
        r#""required""# => return Ok(Mode::Any),
        text if text.starts_with('{') => {}
        _ => return wrong("tool_choice", "must be none, auto, required or a function"),
    }
    let choice: ToolChoice<'a> = openclaw_schema::parse(raw.get(), "tool_choice")?;
    match (choice.function, choice.allowed_tools) {
        (Some(function), _) => Ok(Mode::Tool(function.name.0)),
        (None, None) => wrong("tool_choice.function", "is required"),
        (None, Some(allowed)) => {
            let names = allowed
                .tools
                .iter()
                .filter_map(|tool| tool.function.as_ref());
            let names: Vec<_> = names.map(|function| &*function.name.0).collect();
            tools.retain(|tool| names.contains(&&*tool.name));
            match &*allowed.mode.0 {
                _ if tools.is_empty() => {
                    wrong("tool_choice.allowed_tools.tools", "must name one of tools")
                }
                "auto" => Ok(Mode::Auto),
                "required" => Ok(Mode::Any),
                _ => wrong("tool_choice.allowed_tools.mode", "must be auto or required"),
            }
        }
    }
}
