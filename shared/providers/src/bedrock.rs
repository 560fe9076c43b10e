//! Amazon Bedrock's Converse and ConverseStream
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>).
//!
//! `base_url` is the region's: `https://bedrock-runtime.us-west-2.amazonaws.com`. Converse is Anthropic's format in
//! other words, so a request is encoded for Claude and its blocks renamed, and an answer the other way about.
//! The credential is an API key of Bedrock's, or `ACCESS_KEY_ID:SECRET_ACCESS_KEY` (and `:SESSION_TOKEN`), with
//! which requests are signed.

mod answer;
mod request;
mod signature;

use crate::{
    Completion,
    dialect::{AnswerFormat, DecodeError, Dialect, Framing, Input, StreamDecoder},
    verbatim::CallerFormat,
};
use bytes::Bytes;
use http::Request;
use openclaw_core::{Result, Secret, Timestamp};
use openclaw_schema::config;
use percent_encoding::utf8_percent_encode;
use std::borrow::Cow;

/// The dialect.
#[derive(Debug)]
pub(crate) struct Bedrock;

impl AnswerFormat for Bedrock {
    fn path(&self) -> &'static str {
        "/model"
    }

    fn path_of(&self, model: &str, stream: bool) -> Cow<'static, str> {
        let operation = if stream {
            "converse-stream"
        } else {
            "converse"
        };
        let model = utf8_percent_encode(model, crate::dialect::SEGMENT);
        format!("/model/{model}/{operation}").into()
    }

    fn names_model(&self) -> bool {
        false
    }

    fn framing(&self) -> Framing {
        Framing::EventStream
    }

    fn decode_completion(&self, body: Bytes, created: i64) -> Result<Completion, DecodeError> {
        answer::decode(&body, created)
    }

    fn stream_decoder(&self, created: i64) -> Box<dyn StreamDecoder> {
        Box::new(answer::Decoder::new(created))
    }
}

impl Dialect for Bedrock {
    fn credential(&self, key: &str) -> (&'static str, String) {
        ("authorization", format!("Bearer {key}"))
    }

    fn sign(&self, request: &mut Request<Bytes>, secret: &Secret, now: Timestamp) {
        if let Some(credentials) = signature::Credentials::read(secret.reveal()) {
            credentials.sign(request, now);
        }
    }

    fn encode_request(&self, input: &Input<'_>) -> Result<Bytes> {
        request::encode(input)
    }

    fn takes_prefill(&self, model: &str, provider: &config::Provider) -> bool {
        model.contains("claude") && crate::anthropic::Anthropic.takes_prefill(model, provider)
    }

    fn verbatim(&self, _: CallerFormat, _: &config::Provider) -> Option<&'static dyn AnswerFormat> {
        None
    }
}
