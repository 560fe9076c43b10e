//! What a provider call comes back with.

use crate::Model;
use bytes::Bytes;
use openclaw_core::Error;
use openclaw_schema::usage::TokenUsage;
use std::sync::Arc;

/// An answer and who gave it.
#[derive(Debug)]
pub struct Reply<T> {
    /// A [`Completion`] or a [`ChunkStream`](crate::ChunkStream).
    pub answer: T,
    /// Where it comes from.
    pub served: Served,
}

/// Who answered.
#[derive(Clone, Debug)]
pub struct Served {
    /// The provider's id in the configuration.
    pub provider: Arc<str>,
    /// The catalog's model that served: a fallback, when it was one.
    pub model: Arc<Model>,
    /// Calls made, this one included: at least 1.
    pub attempts: u32,
}

/// Nobody answered.
#[derive(Debug)]
pub struct Failure {
    /// What the caller is told.
    pub error: Error,
    /// The provider that was tried last; `None` when none could be.
    pub provider: Option<Arc<str>>,
    /// Calls made.
    pub attempts: u32,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// An OpenAI `chat.completion` object; the provider's own bytes where it speaks that dialect.
    pub body: Bytes,
    /// As the provider counted.
    pub usage: Option<TokenUsage>,
    /// [`tokens::estimate`](crate::tokens::estimate) of what was written; 0 when `usage` is there.
    pub estimated_completion_tokens: u64,
}

/// A piece of a streamed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// One OpenAI `chat.completion.chunk` object on one line, without SSE framing; the provider's
    /// own bytes where it speaks that dialect.
    pub json: Bytes,
    /// An estimate of the tokens it carries.
    pub tokens: u64,
    /// Whether a choice has its `finish_reason`.
    pub finished: bool,
    /// Whether `choices` holds anything: the usage chunk's does not.
    pub has_choices: bool,
    /// As the provider counted, up to here; the last one counts.
    pub usage: Option<TokenUsage>,
}
