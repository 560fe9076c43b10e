//! A request, as the chat that it means.

use super::{
    content::{Conversation, Turn},
    tools::{Choice, Tool, ToolChoice, choice, tools},
};
use bytes::Bytes;
use http::HeaderMap;
use openclaw_core::{Error, Result, json::Object};
use openclaw_providers::{CallerFormat, Verbatim};
use openclaw_schema::{chat::Text, parse, parse_text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Headers that change what Anthropic does.
const HEADERS: [&str; 2] = ["anthropic-beta", "anthropic-version"];

/// The longest `metadata.user_id` that becomes `user`, in bytes: OpenAI takes no longer ones.
const LONGEST_USER: usize = 64;

/// Fields that other formats have no word for, and whose absence would change what was asked.
const UNCONVERTIBLE: [&str; 3] = ["mcp_servers", "container", "speed"];

/// A request of Anthropic's, as far as a chat has words for it.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(borrow)]
    messages: Vec<Turn<'a>>,
    max_tokens: Option<u64>,
    #[serde(borrow)]
    system: Option<super::blocks::Content<'a>>,
    stream: Option<bool>,
    #[serde(borrow)]
    temperature: Option<&'a RawValue>,
    #[serde(borrow)]
    top_p: Option<&'a RawValue>,
    #[serde(borrow)]
    stop_sequences: Option<&'a RawValue>,
    #[serde(borrow)]
    tools: Option<Vec<Tool<'a>>>,
    #[serde(borrow)]
    tool_choice: Option<ToolChoice<'a>>,
    #[serde(borrow)]
    thinking: Option<Thinking<'a>>,
    #[serde(borrow)]
    output_config: Option<OutputConfig<'a>>,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow)]
    service_tier: Option<&'a RawValue>,
    #[serde(borrow)]
    inference_geo: Option<&'a RawValue>,
    #[serde(borrow)]
    speed: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Thinking<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    budget_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct OutputConfig<'a> {
    #[serde(borrow)]
    effort: Option<Text<'a>>,
    #[serde(borrow)]
    format: Option<Format<'a>>,
}

#[derive(Deserialize)]
struct Format<'a> {
    #[serde(borrow)]
    schema: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    user_id: Option<Text<'a>>,
}

/// OpenAI's chat.
#[derive(Serialize)]
struct Chat<'a> {
    model: &'a str,
    messages: Vec<super::content::Message<'a>>,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<super::tools::Definition<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inference_geo: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
}

#[derive(Serialize)]
struct ResponseFormat<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    json_schema: JsonSchema<'a>,
}

#[derive(Serialize)]
struct JsonSchema<'a> {
    name: &'static str,
    schema: &'a RawValue,
    strict: bool,
}

/// A request that was converted.
pub(super) struct Converted {
    /// OpenAI's body.
    pub(super) chat: Bytes,
    /// The model that was asked for.
    pub(super) model: String,
    pub(super) stream: bool,
    /// The request for those who take it as it came.
    pub(super) verbatim: Verbatim,
}

impl Converted {
    /// Reads and converts a body; an error names the field.
    pub(super) fn new(body: &Bytes, headers: &HeaderMap) -> Result<Self> {
        Self::with_default(body, headers, None)
    }

    /// The same where `max_tokens` may be missing.
    pub(super) fn with_default(
        body: &Bytes,
        headers: &HeaderMap,
        max_tokens: Option<u64>,
    ) -> Result<Self> {
        let text = parse_text(body)?;
        let request: Request<'_> = parse(text, "")?;
        let max_tokens = request.max_tokens.or(max_tokens);
        let max_tokens = max_tokens.ok_or_else(|| Error::invalid("max_tokens", "is required"))?;
        if request.messages.is_empty() {
            return Err(Error::invalid("messages", "must not be empty"));
        }
        let mut conversation = Conversation::default();
        if let Some(system) = &request.system {
            conversation.system(system)?;
        }
        for (at, turn) in request.messages.iter().enumerate() {
            conversation.turn(at, turn)?;
        }
        let Conversation {
            messages,
            mut unconvertible,
        } = conversation;
        let given = request.tools.as_deref().unwrap_or_default();
        let (definitions, server_tool) = tools(given);
        unconvertible = unconvertible.or(server_tool);
        let mut fields = Object::of(text).unwrap_or_default();
        for name in UNCONVERTIBLE {
            if unconvertible.is_none() && fields.get(name).is_some_and(|json| json != "null") {
                unconvertible = Some((name.into(), "is not supported by this model".into()));
            }
        }
        let tool_choice = request.tool_choice.as_ref();
        let chat = Chat {
            model: &request.model.0,
            messages,
            max_tokens,
            temperature: request.temperature,
            top_p: request.top_p,
            stop: request.stop_sequences.filter(|stop| stop.get() != "[]"),
            tools: (!definitions.is_empty()).then_some(definitions),
            tool_choice: tool_choice.map(choice).transpose()?,
            parallel_tool_calls: tool_choice
                .and_then(|choice| choice.disable_parallel_tool_use)
                .and_then(|disabled| disabled.then_some(false)),
            reasoning_effort: reasoning_effort(&request),
            response_format: response_format(&request),
            user: user(&request),
            service_tier: request
                .service_tier
                .filter(|tier| !matches!(tier.get(), r#""auto""# | r#""standard_only""#)),
            inference_geo: request
                .inference_geo
                .filter(|geo| geo.get() != r#""global""#),
            speed: request.speed.filter(|speed| speed.get() != r#""standard""#),
            stream: request.stream.unwrap_or_default(),
        };
        let chat = serde_json::to_vec(&chat).map_err(Error::internal)?;
        fields.remove("model");
        Ok(Self {
            chat: chat.into(),
            model: request.model.0.into_owned(),
            stream: request.stream.unwrap_or_default(),
            verbatim: Verbatim {
                format: CallerFormat::Messages,
                fields: after_model(&fields),
                headers: passed_headers(headers),
                unconvertible,
            },
        })
    }
}

/// The object's fields as those that follow another.
fn after_model(fields: &Object) -> Bytes {
    let mut text = fields.to_string();
    text.replace_range(..1, ",");
    text.into()
}

pub(super) fn passed_headers(headers: &HeaderMap) -> HeaderMap {
    let mut passed = HeaderMap::new();
    for name in HEADERS {
        for value in headers.get_all(name) {
            passed.append(name, value.clone());
        }
    }
    passed
}

/// OpenAI's word for how much is thought: the caller's, else by the budget.
fn reasoning_effort<'a>(request: &'a Request<'_>) -> Option<&'a str> {
    let effort = request
        .output_config
        .as_ref()
        .and_then(|config| config.effort.as_ref());
    let thinking = request.thinking.as_ref()?;
    match (&*thinking.kind.0, thinking.budget_tokens, effort) {
        ("disabled" | "between_tools", ..) => None,
        (_, _, Some(effort)) => Some(match &*effort.0 {
            "max" => "xhigh",
            effort => effort,
        }),
        (_, Some(..4_096), None) => Some("low"),
        (_, Some(4_096..16_384), None) => Some("medium"),
        (_, Some(16_384..), None) => Some("high"),
        (_, None, None) => Some("medium"),
    }
}

fn response_format<'a>(request: &Request<'a>) -> Option<ResponseFormat<'a>> {
    let format = request.output_config.as_ref()?.format.as_ref()?;
    Some(ResponseFormat {
        kind: "json_schema",
        json_schema: JsonSchema {
            name: "answer",
            schema: format.schema?,
            strict: true,
        },
    })
}

fn user<'a>(request: &'a Request<'_>) -> Option<&'a str> {
    let user = request.metadata.as_ref()?.user_id.as_ref()?;
    Some(&*user.0).filter(|user| user.len() <= LONGEST_USER)
}
