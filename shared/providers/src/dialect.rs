//! What a dialect is: pure functions between OpenAI's chat format, which callers speak, and a
//! provider's. Sending is `call`'s.
//!
//! A body is converted for a model and a provider. The one field that depends on the target, its
//! name for the model, comes first and is put in front by [`body`].

use crate::{Chunk, Completion, Model, anthropic, openai, provider::Provider, sse::Event};
use bytes::Bytes;
use openclaw_core::Result;
use openclaw_schema::{chat::ChatRequest, config::Dialect};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A request for a model at a provider.
pub(crate) struct Input<'a> {
    pub(crate) request: &'a ChatRequest<'a>,
    pub(crate) model: &'a Model,
    pub(crate) provider: &'a Provider,
    pub(crate) stream: bool,
}

/// The two names of one field.
pub(crate) const MAX_TOKENS: [&str; 2] = ["max_completion_tokens", "max_tokens"];

impl<'a> Input<'a> {
    /// The model's defaults for fields that the caller left out.
    pub(crate) fn defaults(&self) -> impl Iterator<Item = (&'a str, &'a RawValue)> {
        let request = self.request;
        let given = move |name: &str| match MAX_TOKENS.contains(&name) {
            true => request.max_tokens.is_some(),
            false => request.raw(name).is_some(),
        };
        let defaults = self.model.defaults.iter();
        defaults
            .map(|(name, value)| (name.as_str(), &**value))
            .filter(move |(name, _)| !given(name))
    }

    /// A field: the caller's, or the model's default. The error names it.
    pub(crate) fn field<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>> {
        let default = || self.defaults().find(|(known, _)| *known == name);
        match self.request.raw(name).or_else(|| Some(default()?.1)) {
            Some(value) => openclaw_schema::parse(value.get(), name).map(Some),
            None => Ok(None),
        }
    }

    /// The caller's bound, held within what the model can do: a fallback may do less than the
    /// model that was asked for.
    pub(crate) fn max_tokens(&self) -> Option<u64> {
        let asked = self.request.max_tokens?;
        Some(asked.min(self.model.max_output_tokens))
    }
}

/// What an event of a stream means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing to a caller.
    Nothing,
    /// A piece of the answer.
    Chunk(Chunk),
    /// The answer is whole; perhaps with one more piece.
    End(Option<Chunk>),
}

/// What is wrong with an answer, for the log. May hold the provider's words: scrub it.
pub(crate) type Malformed = String;

/// The path behind a provider's `base_url`.
pub(crate) const fn path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Openai => openai::PATH,
        Dialect::Anthropic => anthropic::PATH,
    }
}

/// Headers of every request.
pub(crate) const fn headers(dialect: Dialect) -> &'static [(&'static str, &'static str)] {
    match dialect {
        Dialect::Openai => &[],
        Dialect::Anthropic => anthropic::HEADERS,
    }
}

/// The header that carries the credential.
pub(crate) fn credential(dialect: Dialect, key: &str) -> (&'static str, String) {
    match dialect {
        Dialect::Openai => ("authorization", format!("Bearer {key}")),
        Dialect::Anthropic => ("x-api-key", key.into()),
    }
}

/// The body's fields behind `"model"`, from the comma to the closing brace. An error is the
/// caller's: the dialect cannot say what was asked.
pub(crate) fn convert(input: &Input<'_>) -> Result<Bytes> {
    match input.provider.dialect {
        Dialect::Openai => openai::convert(input),
        Dialect::Anthropic => anthropic::convert(input),
    }
}

/// The whole body: `model` is a JSON string.
pub(crate) fn body(model: &str, converted: &[u8]) -> Bytes {
    [br#"{"model":"#, model.as_bytes(), converted]
        .concat()
        .into()
}

/// A whole answer. `created` is now in Unix seconds, for dialects that do not tell.
pub(crate) fn completion(
    dialect: Dialect,
    body: Bytes,
    created: i64,
) -> Result<Completion, Malformed> {
    match dialect {
        Dialect::Openai => openai::completion(body),
        Dialect::Anthropic => anthropic::completion(&body, created),
    }
}

/// Reads one stream's events.
#[derive(Debug)]
pub(crate) enum Decoder {
    Openai(openai::Decoder),
    Anthropic(anthropic::Decoder),
}

impl Decoder {
    pub(crate) fn new(dialect: Dialect, created: i64) -> Self {
        match dialect {
            Dialect::Openai => Self::Openai(openai::Decoder::default()),
            Dialect::Anthropic => Self::Anthropic(anthropic::Decoder::new(created)),
        }
    }

    pub(crate) fn event(&mut self, event: &Event) -> Result<Step, Malformed> {
        match self {
            Self::Openai(decoder) => decoder.event(event),
            Self::Anthropic(decoder) => decoder.event(event),
        }
    }

    /// Whether the answer is whole although no event said so, when the bytes end here.
    pub(crate) fn may_end(&self) -> bool {
        match self {
            Self::Openai(decoder) => decoder.may_end(),
            Self::Anthropic(_) => false,
        }
    }
}
