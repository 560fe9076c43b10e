//! Anthropic's messages (<https://docs.anthropic.com/en/api/messages>).
//!
//! `base_url` includes the version, like every other provider's: `https://api.anthropic.com/v1`.
//!
//! | OpenAI's field | becomes |
//! |---|---|
//! | `messages` of `system`, `developer` | `system`, joined by an empty line, wherever they stood |
//! | `messages` of `user`, `assistant`, `tool` | `messages`, neighbours of one role merged; `tool_calls` → `tool_use`, a tool's answer → `tool_result`, `image_url` → `image`, empty texts dropped |
//! | `max_tokens`, `max_completion_tokens` | `max_tokens`; absent: the model's most |
//! | `temperature` | the same, at most 1: above it Anthropic has nothing |
//! | `top_p` | the same |
//! | `stop` | `stop_sequences` |
//! | `tools`, `tool_choice`, `parallel_tool_calls` | `tools`, `tool_choice` |
//! | `user` | `metadata.user_id` |
//! | `n` > 1, `response_format` other than text, `audio` and other content parts, `functions`, `function_call` | 400: an answer without them is not what was asked |
//! | everything else (`seed`, `logprobs`, penalties, `logit_bias`, `reasoning_effort`, …) | ignored, as Anthropic's own OpenAI endpoint does |
//!
//! A model's `defaults` count as the caller's fields, in OpenAI's words.
//!
//! | Anthropic's | becomes |
//! |---|---|
//! | `text` blocks | `content`, joined |
//! | `tool_use` blocks | `tool_calls` |
//! | `thinking` and other blocks | left out |
//! | `stop_reason` `end_turn`, `stop_sequence`, `pause_turn` | `stop` |
//! | `max_tokens`, `model_context_window_exceeded` | `length` |
//! | `tool_use` | `tool_calls` |
//! | `refusal` | `content_filter` |
//! | `input_tokens` + `cache_creation_input_tokens` + `cache_read_input_tokens` | `prompt_tokens` |

mod chunk;
mod messages;
mod request;
mod response;
mod stream;
mod tools;

use crate::{
    Completion,
    dialect::{DecodeError, Dialect, Input, StreamDecoder},
};
use bytes::Bytes;
use openclaw_core::Result;

/// The dialect.
#[derive(Debug)]
pub(crate) struct Anthropic;

impl Dialect for Anthropic {
    fn path(&self) -> &'static str {
        "/messages"
    }

    /// The version of the wire format.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn credential(&self, key: &str) -> (&'static str, String) {
        ("x-api-key", key.into())
    }

    fn encode_request(&self, input: &Input<'_>) -> Result<Bytes> {
        request::encode_request(input)
    }

    fn decode_completion(&self, body: Bytes, created: i64) -> Result<Completion, DecodeError> {
        response::completion(&body, created)
    }

    fn stream_decoder(&self, created: i64) -> Box<dyn StreamDecoder> {
        Box::new(stream::Decoder::new(created))
    }
}
