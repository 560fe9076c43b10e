//! The words that a provider's wire format and the rest of the crate share: a request to encode,
//! the events of a stream, and the [`Dialect`] trait, which a format implements.
//!
//! A dialect is pure: it converts between OpenAI's chat format, which callers speak, and the
//! provider's. Sending is [`call`](crate::call)'s. A new dialect is a folder with an
//! implementation of [`Dialect`] and one row in [`dialects`](crate::dialects).

use crate::{
    answer::{Chunk, Completion},
    sse::Event,
    vendor_error::VendorError,
    verbatim::CallerFormat,
};
use bytes::Bytes;
use http::Request;
use openclaw_core::{Result, Secret, Timestamp};
use openclaw_schema::{chat::ChatRequest, config};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// An endpoint of a provider, and how its answers are read.
pub(crate) trait AnswerFormat: fmt::Debug + Send + Sync {
    /// The path that follows a provider's `base_url`.
    fn path(&self) -> &'static str;

    /// The same for a model that the provider calls by that name, where paths name models.
    fn path_of(&self, _model: &str, _stream: bool) -> Cow<'static, str> {
        self.path().into()
    }

    /// Whether a request's body names its model, before all other fields.
    fn names_model(&self) -> bool {
        true
    }

    /// What its streams' events come in.
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    /// A whole answer. `created` is now in Unix seconds, for formats that do not tell.
    fn decode_completion(&self, body: Bytes, created: i64) -> Result<Completion, DecodeError>;

    /// Reads one streamed answer.
    fn stream_decoder(&self, created: i64) -> Box<dyn StreamDecoder>;
}

/// A provider's wire format.
pub(crate) trait Dialect: AnswerFormat {
    /// Headers of every request, beside the usual ones.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The header that carries the credential.
    fn credential(&self, key: &str) -> (&'static str, String);

    /// Signs a request, where the credential is one that signs.
    fn sign(&self, _request: &mut Request<Bytes>, _secret: &Secret, _now: Timestamp) {}

    /// The body's fields that follow `"model"`, from the comma to the closing brace. An error is
    /// the caller's: the dialect cannot say what was asked.
    fn encode_request(&self, input: &Input<'_>) -> Result<Bytes>;

    /// The caller's own endpoint, where the provider has it, too: what was asked there goes on as it
    /// came, and so does the answer.
    fn verbatim(
        &self,
        format: CallerFormat,
        provider: &config::Provider,
    ) -> Option<&'static dyn AnswerFormat>;

    /// Whether that model, which the provider calls so, goes on with a last message of the assistant's.
    fn takes_prefill(&self, model: &str, provider: &config::Provider) -> bool;

    /// The error in the body of an answer that is not 2xx, which may be cut off.
    fn decode_error(&self, body: &[u8]) -> VendorError {
        VendorError::read(body)
    }
}

/// Reads one stream's events.
pub(crate) trait StreamDecoder: fmt::Debug + Send {
    /// The next event of the stream.
    fn event(&mut self, event: &Event) -> Result<StreamEvent, DecodeError>;

    /// Whether the answer is whole although no event said so, when the bytes end here.
    fn may_end(&self) -> bool {
        false
    }
}

/// The meaning of an event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StreamEvent {
    /// Nothing to a caller.
    Nothing,
    /// A piece of the answer.
    Chunk(Chunk),
    /// The answer is whole; perhaps with one more piece.
    End(Option<Chunk>),
}

/// Why an answer, or an event of one, cannot be taken. The words are for the log; they may be the
/// provider's, so scrub them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// Not what the dialect says.
    Malformed(String),
    /// Nothing in it: no choice, no content.
    Empty(String),
    /// An error in place of an answer.
    Vendor(VendorError),
}

impl From<String> for DecodeError {
    fn from(words: String) -> Self {
        Self::Malformed(words)
    }
}

impl From<&str> for DecodeError {
    fn from(words: &str) -> Self {
        Self::Malformed(words.into())
    }
}

/// A request for a model at a provider.
pub(crate) struct Input<'a> {
    pub(crate) request: &'a ChatRequest<'a>,
    pub(crate) model: ModelFacts<'a>,
    /// The provider's row: what it refuses and how it differs.
    pub(crate) provider: &'a config::Provider,
    pub(crate) stream: bool,
}

/// The facts about a model that its request depends on.
#[derive(Clone, Copy)]
pub(crate) struct ModelFacts<'a> {
    /// Its name at the provider.
    pub(crate) name: &'a str,
    /// Tokens of a completion.
    pub(crate) max_output_tokens: u64,
    /// Fields that are added where the caller left them out.
    pub(crate) defaults: &'a [(String, Box<RawValue>)],
}

/// What a segment of a path holds unencoded (RFC 3986, "unreserved").
pub(crate) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How a stream's events are told from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    Sse,
    /// Amazon's event stream.
    EventStream,
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

    /// Whether the provider refuses this field.
    pub(crate) fn omits(&self, field: &str) -> bool {
        self.provider.omit.iter().any(|omitted| omitted == field)
    }
}
