//! OpenAI's `chat.completion.chunk`, written.

use super::{
    answer::{ThinkingBlock, ToolCall},
    usage::{Counts, Usage},
};
use crate::{Chunk, dialect::DecodeError, tokens};
use serde::Serialize;

/// The fields that all chunks of an answer share.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) created: i64,
}

/// OpenAI's `delta`.
#[derive(Debug, Default, Serialize)]
pub(super) struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thinking_blocks: Option<[ThinkingBlock<'a>; 1]>,
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
    delta: Delta<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

impl Delta<'_> {
    fn tokens(&self) -> u64 {
        let calls = self.tool_calls.iter().flatten();
        let calls = calls.flat_map(|call| [call.function.name, Some(call.function.arguments)]);
        let texts = calls.chain([self.content, self.reasoning_content]);
        texts.flatten().map(tokens::estimate).sum()
    }
}

impl Envelope {
    /// A piece of the answer.
    pub(super) fn piece(&self, delta: Delta<'_>) -> Result<Chunk, DecodeError> {
        let tokens = delta.tokens();
        let chunk = self.choice(delta, None)?;
        Ok(Chunk { tokens, ..chunk })
    }

    /// The reason why it ends, and the counts for whoever accounts: an event that only shows them
    /// to the caller may never come.
    pub(super) fn finish(
        &self,
        reason: &'static str,
        counts: Counts,
    ) -> Result<Chunk, DecodeError> {
        let chunk = self.choice(Delta::default(), Some(reason))?;
        Ok(Chunk {
            finished: true,
            usage: counts.usage(),
            ..chunk
        })
    }

    /// The counts, where both are told.
    pub(super) fn usage(&self, counts: Counts) -> Option<Result<Chunk, DecodeError>> {
        let shown = counts.shown()?;
        let chunk = self.write(&[], Some(shown));
        Some(chunk.map(|chunk| Chunk {
            usage: counts.usage(),
            ..chunk
        }))
    }

    fn choice(
        &self,
        delta: Delta<'_>,
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
            event: None,
            tokens: 0,
            finished: false,
            has_choices: !choices.is_empty(),
            usage: None,
        })
    }
}
