//! The parts of OpenAI's messages and deltas that Anthropic's blocks become, and those blocks.

use super::ANSWER_TOOL;
use openclaw_schema::chat::Text;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A block of an answer, its start in a stream too.
#[derive(Deserialize)]
pub(super) struct Block<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) thinking: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) signature: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) data: Option<Text<'a>>,
}

/// A text that may be missing.
pub(super) fn text_of<'a>(text: &'a Option<Text<'_>>) -> &'a str {
    text.as_ref().map_or("", |text| &text.0)
}

/// What a block means to OpenAI's format.
pub(super) enum Meaning<'a> {
    Text(&'a str),
    Call {
        id: &'a str,
        name: &'a str,
        input: &'a str,
    },
    /// The JSON of an answer whose form was asked for: the input of [`ANSWER_TOOL`].
    Answer {
        input: &'a str,
    },
    Thinking(ThinkingBlock<'a>),
    /// Of kinds that OpenAI's format has no place for.
    Nothing,
}

impl Block<'_> {
    pub(super) fn meaning(&self) -> Meaning<'_> {
        match &*self.kind.0 {
            "text" => Meaning::Text(text_of(&self.text)),
            "tool_use" => {
                let input = self.input.map_or("{}", RawValue::get);
                match (text_of(&self.id), text_of(&self.name)) {
                    (_, ANSWER_TOOL) => Meaning::Answer { input },
                    (id, name) => Meaning::Call { id, name, input },
                }
            }
            "thinking" => Meaning::Thinking(ThinkingBlock {
                thinking: Some(text_of(&self.thinking)),
                signature: Some(text_of(&self.signature)).filter(|signature| !signature.is_empty()),
                ..ThinkingBlock::new("thinking")
            }),
            "redacted_thinking" => Meaning::Thinking(ThinkingBlock {
                data: Some(text_of(&self.data)),
                ..ThinkingBlock::new("redacted_thinking")
            }),
            _ => Meaning::Nothing,
        }
    }
}

/// An element of `thinking_blocks`: Anthropic's block beside OpenAI's fields, so that the caller can
/// put it back into the conversation. In a stream a part of one, with its index.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct ThinkingBlock<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<u32>,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thinking: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<&'a str>,
    /// How much of the message stands before it: the text counts as one, and so does each call.
    /// Absent at the start.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) position: u32,
}

fn is_zero(position: &u32) -> bool {
    *position == 0
}

impl ThinkingBlock<'_> {
    pub(super) fn new(kind: &'static str) -> Self {
        Self {
            index: None,
            kind,
            thinking: None,
            signature: None,
            data: None,
            position: 0,
        }
    }
}

/// A call of a function; in a stream a part of one, with its index.
#[derive(Debug, Serialize)]
pub(super) struct ToolCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<&'static str>,
    pub(super) function: Function<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Function<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    pub(super) arguments: &'a str,
}

impl<'a> ToolCall<'a> {
    pub(super) fn new(id: &'a str, name: &'a str, arguments: &'a str) -> Self {
        Self {
            index: None,
            id: Some(id),
            kind: Some("function"),
            function: Function {
                name: Some(name),
                arguments,
            },
        }
    }

    /// More arguments of a streamed call.
    pub(super) fn more(index: u32, arguments: &'a str) -> Self {
        Self {
            index: Some(index),
            id: None,
            kind: None,
            function: Function {
                name: None,
                arguments,
            },
        }
    }
}

/// OpenAI's `finish_reason`. A call that only gave the answer its form is none to the caller.
pub(super) fn finish_reason(stop_reason: &str, has_calls: bool) -> &'static str {
    match stop_reason {
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" if has_calls => "tool_calls",
        "refusal" => "content_filter",
        _ => "stop",
    }
}
