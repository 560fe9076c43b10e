//! Gemini's own API: `generateContent` and `streamGenerateContent`
//! (<https://ai.google.dev/api/generate-content>).
//!
//! `base_url` includes the version: `https://generativelanguage.googleapis.com/v1beta`. The model's name
//! stands in the path. `docs/dialects.md` says what each field becomes, both ways.

mod answer;
mod contents;
mod generation;
mod request;

use crate::{
    Completion,
    dialect::{AnswerFormat, DecodeError, Dialect, Input, StreamDecoder},
    vendor_error::VendorError,
    verbatim::CallerFormat,
};
use bytes::Bytes;
use openclaw_core::Result;
use openclaw_schema::config;
use percent_encoding::utf8_percent_encode;
use std::borrow::Cow;

/// The dialect.
#[derive(Debug)]
pub(crate) struct Gemini;

impl AnswerFormat for Gemini {
    fn path(&self) -> &'static str {
        "/models"
    }

    fn path_of(&self, model: &str, stream: bool) -> Cow<'static, str> {
        let method = match stream {
            true => "streamGenerateContent?alt=sse",
            false => "generateContent",
        };
        format!(
            "/models/{}:{method}",
            utf8_percent_encode(model, crate::dialect::SEGMENT)
        )
        .into()
    }

    fn names_model(&self) -> bool {
        false
    }

    fn decode_completion(&self, body: Bytes, created: i64) -> Result<Completion, DecodeError> {
        answer::decode(&body, created)
    }

    fn stream_decoder(&self, created: i64) -> Box<dyn StreamDecoder> {
        Box::new(answer::Decoder::new(created))
    }
}

impl Dialect for Gemini {
    fn credential(&self, key: &str) -> (&'static str, String) {
        ("x-goog-api-key", key.into())
    }

    fn encode_request(&self, input: &Input<'_>) -> Result<Bytes> {
        request::encode(input)
    }

    fn takes_prefill(&self, _: &str, _: &config::Provider) -> bool {
        true
    }

    fn verbatim(&self, _: CallerFormat, _: &config::Provider) -> Option<&'static dyn AnswerFormat> {
        None
    }

    fn decode_error(&self, body: &[u8]) -> VendorError {
        let error = VendorError::read(body);
        // A key that is wrong is a 400 here, as if the caller had asked for something wrong.
        match memchr::memmem::find(body, b"API_KEY_INVALID") {
            Some(_) => VendorError::default(),
            None => error,
        }
    }
}
