//! OpenAI's `chat.completion.chunk`, written.

use super::response::{Counts, ToolCall, Usage};
use crate::{Chunk, dialect::DecodeError, tokens};
use serde::Serialize;

/// What all chunks of an answer share.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) created: i64,
}

/// A `delta`.
#[derive(Default, Serialize)]
pub(super) struct Said<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tool_calls: Option<[ToolCall<'a>; 1]>,
}

#[derive(Serialize)]
struct ChatChunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [Choice<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Said<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

impl Said<'_> {
    fn tokens(&self) -> u64 {
        let calls = self.tool_calls.iter().flatten();
        let calls = calls.flat_map(|call| [call.function.name, Some(call.function.arguments)]);
        let texts = calls.chain([self.content]).flatten();
        texts.map(tokens::estimate).sum()
    }
}

impl Envelope {
    /// A piece of the answer.
    pub(super) fn say(&self, delta: Said<'_>) -> Result<Chunk, DecodeError> {
        let tokens = delta.tokens();
        let chunk = self.choice(delta, None)?;
        Ok(Chunk { tokens, ..chunk })
    }

    /// Why it ends.
    pub(super) fn finish(&self, reason: &'static str) -> Result<Chunk, DecodeError> {
        let chunk = self.choice(Said::default(), Some(reason))?;
        Ok(Chunk {
            finished: true,
            ..chunk
        })
    }

    /// What it took, if that is known.
    pub(super) fn count(&self, counts: Counts) -> Option<Result<Chunk, DecodeError>> {
        let usage = counts.usage()?;
        let chunk = self.write(&[], counts.shown());
        Some(chunk.map(|chunk| Chunk {
            usage: Some(usage),
            ..chunk
        }))
    }

    fn choice(
        &self,
        delta: Said<'_>,
        finish_reason: Option<&'static str>,
    ) -> Result<Chunk, DecodeError> {
        let choice = Choice {
            index: 0,
            delta,
            logprobs: None,
            finish_reason,
        };
        self.write(&[choice], None)
    }

    fn write(&self, choices: &[Choice<'_>], usage: Option<Usage>) -> Result<Chunk, DecodeError> {
        let chunk = ChatChunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &self.model,
            choices,
            usage,
        };
        Ok(Chunk {
            json: serde_json::to_vec(&chunk)
                .map_err(|error| error.to_string())?
                .into(),
            tokens: 0,
            finished: false,
            has_choices: !choices.is_empty(),
            usage: None,
        })
    }
}
