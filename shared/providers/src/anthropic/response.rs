//! The whole answer in, and what it shares with the stream.

use crate::{Completion, dialect::DecodeError};
use openclaw_core::{json, record};
use openclaw_schema::{chat::Text, usage::TokenUsage};
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Default)]
struct Message<'a> {
    id: Text<'a>,
    model: Text<'a>,
    content: Vec<Block<'a>>,
    stop_reason: Option<Text<'a>>,
    usage: Counts,
}

record!(Message<'a> {
    id: required,
    model: required,
    content: required,
    stop_reason,
    usage,
    ..
});

/// A block of an answer, its start in a stream too. Only `text` and `tool_use` are read.
#[derive(Default)]
pub(super) struct Block<'a> {
    pub(super) kind: Text<'a>,
    pub(super) text: Option<Text<'a>>,
    pub(super) id: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) input: Option<&'a RawValue>,
}

record!(Block<'a> {
    kind = "type": required,
    text,
    id,
    name,
    input,
    ..
});

/// Anthropic's counts; a stream's come in parts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

record!(Counts {
    input_tokens,
    cache_creation_input_tokens,
    cache_read_input_tokens,
    output_tokens,
    ..
});

impl Counts {
    /// What came later holds; what it leaves out stays.
    pub(super) fn update(&mut self, later: Self) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.cache_creation_input_tokens = later
            .cache_creation_input_tokens
            .or(self.cache_creation_input_tokens);
        self.cache_read_input_tokens = later
            .cache_read_input_tokens
            .or(self.cache_read_input_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
    }

    /// `None` where nothing was counted.
    pub(super) fn usage(self) -> Option<TokenUsage> {
        let cached = [
            self.cache_creation_input_tokens,
            self.cache_read_input_tokens,
        ];
        let cached: u64 = cached.into_iter().flatten().sum();
        Some(TokenUsage {
            prompt_tokens: self.input_tokens?.saturating_add(cached),
            completion_tokens: self.output_tokens?,
        })
    }

    /// OpenAI's `usage`.
    pub(super) fn shown(self) -> Option<Usage> {
        self.usage().map(|usage| Usage {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens),
            prompt_tokens_details: PromptDetails {
                cached_tokens: self.cache_read_input_tokens.unwrap_or_default(),
            },
        })
    }
}

#[derive(Serialize)]
pub(super) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
}

#[derive(Serialize)]
struct PromptDetails {
    cached_tokens: u64,
}

/// OpenAI's `finish_reason`.
pub(super) fn finish_reason(stop_reason: &str) -> &'static str {
    match stop_reason {
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        _ => "stop",
    }
}

#[derive(Serialize)]
struct ChatCompletion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: [Choice<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Said<'a>,
    logprobs: Option<()>,
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Option<String>,
    refusal: Option<()>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'a>>,
}

/// A call of a function; in a stream with its index.
#[derive(Serialize)]
pub(super) struct ToolCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    pub(super) function: Function<'a>,
}

#[derive(Serialize)]
pub(super) struct Function<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    pub(super) arguments: &'a str,
}

impl<'a> ToolCall<'a> {
    /// The call of a block, if it is one.
    pub(super) fn of(block: &'a Block<'_>) -> Option<Self> {
        if block.kind != "tool_use" {
            return None;
        }
        Some(Self {
            index: None,
            id: Some(&block.id.as_ref()?.0),
            kind: Some("function"),
            function: Function {
                name: Some(&block.name.as_ref()?.0),
                arguments: block.input.map_or("{}", RawValue::get),
            },
        })
    }
}

/// The text of a block, if it is one.
pub(super) fn text_of<'a>(block: &'a Block<'_>) -> Option<&'a str> {
    let text = block.text.as_ref().filter(|_| block.kind == "text")?;
    Some(&text.0)
}

/// Anthropic's message as OpenAI's `chat.completion`.
pub(super) fn completion(body: &[u8], created: i64) -> Result<Completion, DecodeError> {
    let message: Message<'_> = json::read(body).map_err(|error| {
        let words = String::from_utf8_lossy(&body[..body.len().min(1000)]);
        format!("not a message: {error}: {words}")
    })?;
    let text: String = message.content.iter().filter_map(text_of).collect();
    let tool_calls: Vec<_> = message.content.iter().filter_map(ToolCall::of).collect();
    let usage = message.usage.usage();
    let estimated_completion_tokens = match usage {
        Some(_) => 0,
        None => {
            let calls = tool_calls.iter().map(|call| call.function.arguments);
            calls
                .chain([text.as_str()])
                .map(crate::tokens::estimate)
                .sum()
        }
    };
    let stop_reason = message.stop_reason.as_ref();
    let answer = ChatCompletion {
        id: &message.id.0,
        object: "chat.completion",
        created,
        model: &message.model.0,
        choices: [Choice {
            index: 0,
            message: Said {
                role: "assistant",
                content: (!text.is_empty() || tool_calls.is_empty()).then_some(text),
                refusal: None,
                tool_calls,
            },
            logprobs: None,
            finish_reason: stop_reason.map_or("stop", |reason| finish_reason(&reason.0)),
        }],
        usage: message.usage.shown(),
    };
    Ok(Completion {
        body: serde_json::to_vec(&answer)
            .map_err(|error| error.to_string())?
            .into(),
        usage,
        estimated_completion_tokens,
    })
}
