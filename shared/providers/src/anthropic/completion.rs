//! The whole answer in.

use super::{
    answer::{Block, Meaning, ThinkingBlock, ToolCall, finish_reason, text_of},
    usage::{Counts, Usage},
};
use crate::{Completion, dialect::DecodeError, tokens};
use openclaw_schema::chat::Text;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Anthropic's `message`.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    content: Vec<Block<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
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

/// OpenAI's message.
#[derive(Serialize)]
struct Said<'a> {
    role: &'static str,
    content: Option<String>,
    refusal: Option<()>,
    #[serde(skip_serializing_if = "String::is_empty")]
    reasoning_content: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    thinking_blocks: Vec<ThinkingBlock<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'a>>,
}

impl<'a> Said<'a> {
    fn new(blocks: &'a [Block<'_>]) -> Self {
        let mut text = String::new();
        let mut said = Self {
            role: "assistant",
            content: None,
            refusal: None,
            reasoning_content: String::new(),
            thinking_blocks: Vec::new(),
            tool_calls: Vec::new(),
        };
        for block in blocks {
            match block.meaning() {
                Meaning::Text(more) | Meaning::Answer { input: more } => text.push_str(more),
                Meaning::Call { id, name, input } => {
                    said.tool_calls.push(ToolCall::new(id, name, input));
                }
                Meaning::Thinking(thought) => {
                    let calls = u32::try_from(said.tool_calls.len()).unwrap_or(u32::MAX);
                    let position = calls.saturating_add(u32::from(!text.is_empty()));
                    said.reasoning_content
                        .push_str(thought.thinking.unwrap_or_default());
                    said.thinking_blocks.push(ThinkingBlock {
                        position,
                        ..thought
                    });
                }
                Meaning::Nothing => {}
            }
        }
        let has_content = !text.is_empty() || said.tool_calls.is_empty();
        said.content = has_content.then_some(text);
        said
    }

    fn tokens(&self) -> u64 {
        let calls = self.tool_calls.iter().map(|call| call.function.arguments);
        let texts = [self.content.as_deref(), Some(&*self.reasoning_content)];
        let texts = calls.chain(texts.into_iter().flatten());
        texts.map(tokens::estimate).sum()
    }
}

/// Anthropic's message as OpenAI's `chat.completion`.
pub(crate) fn decode(body: &[u8], created: i64) -> Result<Completion, DecodeError> {
    let message: Message<'_> = serde_json::from_slice(body).map_err(|error| {
        let words = String::from_utf8_lossy(&body[..body.len().min(1000)]);
        format!("not a message: {error}: {words}")
    })?;
    let said = Said::new(&message.content);
    let counts = Counts::read(message.usage);
    let usage = counts.usage();
    let estimated_completion_tokens = match usage {
        Some(usage) if usage.tells_completion() => 0,
        _ => said.tokens(),
    };
    let stop_reason = message.stop_reason.as_ref();
    let has_calls = !said.tool_calls.is_empty();
    let answer = ChatCompletion {
        id: text_of(&message.id),
        object: "chat.completion",
        created,
        model: text_of(&message.model),
        choices: [Choice {
            index: 0,
            finish_reason: stop_reason.map_or("stop", |reason| finish_reason(&reason.0, has_calls)),
            message: said,
            logprobs: None,
        }],
        usage: counts.shown(),
    };
    Ok(Completion {
        body: serde_json::to_vec(&answer)
            .map_err(|error| error.to_string())?
            .into(),
        is_verbatim: false,
        usage,
        estimated_completion_tokens,
    })
}
