//! An answer in OpenAI's format, whole or in pieces.

use bytes::Bytes;
use openclaw_core::Error;
use openclaw_schema::usage::TokenUsage;

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// An OpenAI `chat.completion` object; the provider's own bytes where it speaks that dialect.
    pub body: Bytes,
    /// Whether `body` is what the provider's twin of the caller's own endpoint answered, as it came.
    pub is_verbatim: bool,
    /// As far as the provider counted.
    pub usage: Option<TokenUsage>,
    /// [`tokens::estimate`](crate::tokens::estimate) of what was written; 0 where `usage` tells the
    /// tokens out.
    pub estimated_completion_tokens: u64,
}

impl Completion {
    /// The chunks of a stream that says the same. Not of an answer that is verbatim.
    pub fn chunks(&self) -> Result<Vec<Chunk>, Error> {
        let chunks = crate::reshape::take_apart(self);
        chunks.map_err(|error| Error::internal(format_args!("{error:?}")))
    }
}

/// A piece of a streamed answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// One OpenAI `chat.completion.chunk` object on one line, without SSE framing; the provider's
    /// own bytes where it speaks that dialect.
    pub json: Bytes,
    /// The event's name, where the provider's twin of the caller's own endpoint sent it: then `json` is
    /// the event's data, as it came.
    pub event: Option<Bytes>,
    /// An estimate of the tokens it carries: 0 only where it shows nothing of the answer.
    pub tokens: u64,
    /// Whether a choice has its `finish_reason`.
    pub finished: bool,
    /// Whether `choices` holds anything: the usage chunk's does not.
    pub has_choices: bool,
    /// As the provider counted, up to here; the last one counts.
    pub usage: Option<TokenUsage>,
}

impl Chunk {
    /// Whether it shows anything of the answer: text, a call, or why it ends.
    pub(crate) const fn shows(&self) -> bool {
        self.tokens > 0 || self.finished
    }
}
