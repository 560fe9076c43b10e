//! Anthropic's messages (<https://platform.claude.com/docs/en/api/messages>).
//!
//! `base_url` includes the version, like every other provider's: `https://api.anthropic.com/v1`.
//! `docs/dialects.md` says what each field becomes, both ways, and what is left out or refused. A
//! model's `defaults` count as the caller's fields, in OpenAI's words.
//!
//! - [`request`] encodes a request; [`family`] tells what a model takes.
//! - [`completion`] decodes a whole answer, [`stream`] one in events. What they share is in
//!   [`answer`] and [`usage`].
//! - [`verbatim`] reads answers that go on to callers of the same format as they came.

mod answer;
mod chunk;
mod completion;
mod family;
mod request;
mod stream;
mod usage;
mod verbatim;

use crate::{
    Completion,
    dialect::{AnswerFormat, DecodeError, Dialect, Input, StreamDecoder},
    verbatim::CallerFormat,
};
use bytes::Bytes;
use openclaw_core::Result;
use openclaw_schema::config;

/// The tool that a model must call with its answer, where the answer's form was asked for and the
/// model has no structured outputs of its own. To the caller its input is the answer.
const ANSWER_TOOL: &str = "openclaw_json_answer";

pub(crate) use self::{
    completion::decode as decode_message, request::encode_request, stream::Decoder as StreamReader,
};

/// The dialect.
#[derive(Debug)]
pub(crate) struct Anthropic;

impl AnswerFormat for Anthropic {
    fn path(&self) -> &'static str {
        "/messages"
    }

    fn decode_completion(&self, body: Bytes, created: i64) -> Result<Completion, DecodeError> {
        completion::decode(&body, created)
    }

    fn stream_decoder(&self, created: i64) -> Box<dyn StreamDecoder> {
        Box::new(stream::Decoder::new(created))
    }
}

impl Dialect for Anthropic {
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

    fn takes_prefill(&self, model: &str, _: &config::Provider) -> bool {
        family::Family::of(model).takes_prefill()
    }

    fn verbatim(
        &self,
        format: CallerFormat,
        _: &config::Provider,
    ) -> Option<&'static dyn AnswerFormat> {
        match format {
            CallerFormat::Messages => Some(&verbatim::Messages),
            CallerFormat::Responses => None,
        }
    }
}
