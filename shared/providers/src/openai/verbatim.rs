//! OpenAI's responses (<https://platform.openai.com/docs/api-reference/responses>) to callers who ask
//! for the same: read for their counts, passed on as they came.

use crate::{
    Chunk, Completion,
    dialect::{AnswerFormat, DecodeError, StreamDecoder, StreamEvent},
    sse, tokens,
    vendor_error::VendorError,
};
use bytes::Bytes;
use openclaw_schema::{
    chat::Text,
    usage::{InputOutputUsage, TokenUsage},
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// `/responses`.
#[derive(Debug)]
pub(super) struct Responses;

/// A response.
#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl Response<'_> {
    fn usage(&self) -> Option<TokenUsage> {
        let usage = self.usage.filter(|usage| usage.get() != "null")?;
        Some(InputOutputUsage::read(usage.get()))
    }

    fn error(&self) -> Option<DecodeError> {
        let error = self.error.filter(|error| error.get() != "null")?;
        let error = format!(r#"{{"error":{}}}"#, error.get());
        Some(DecodeError::Vendor(VendorError::read(error.as_bytes())))
    }
}

/// An event; which fields are there depends on its type.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<Response<'a>>,
}

impl AnswerFormat for Responses {
    fn path(&self) -> &'static str {
        "/responses"
    }

    fn decode_completion(&self, body: Bytes, _: i64) -> Result<Completion, DecodeError> {
        let response: Response<'_> = serde_json::from_slice(&body)
            .map_err(|error| format!("not what it should be: {error}"))?;
        if let Some(error) = response.error() {
            return Err(error);
        }
        let output = response.output.map_or("[]", RawValue::get);
        if output == "[]" {
            return Err(DecodeError::Empty("a response without output".into()));
        }
        let usage = response.usage();
        let estimated_completion_tokens = match usage {
            Some(usage) if usage.tells_completion() => 0,
            _ => tokens::estimate(output),
        };
        Ok(Completion {
            usage,
            estimated_completion_tokens,
            is_verbatim: true,
            body,
        })
    }

    fn stream_decoder(&self, _: i64) -> Box<dyn StreamDecoder> {
        Box::new(Decoder::default())
    }
}

/// Reads a stream: `response.completed` and `response.incomplete` end it.
#[derive(Debug, Default)]
struct Decoder {
    is_whole: bool,
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &sse::Event) -> Result<StreamEvent, DecodeError> {
        if event.data.trim_ascii() == b"[DONE]" {
            return Ok(StreamEvent::End(None));
        }
        let data: Event<'_> = serde_json::from_slice(&event.data)
            .map_err(|error| format!("not what an event should be: {error}"))?;
        let kind = data
            .kind
            .as_ref()
            .map_or(&*event.name, |kind| kind.0.as_bytes());
        let response = data.response.as_ref();
        match kind {
            b"error" => return Err(DecodeError::Vendor(VendorError::read(&event.data))),
            b"response.failed" => {
                let error = response.and_then(Response::error);
                return Err(error.unwrap_or(DecodeError::Vendor(VendorError::default())));
            }
            b"response.completed" | b"response.incomplete" => self.is_whole = true,
            _ => {}
        }
        let text = data
            .delta
            .and_then(|delta| serde_json::from_str::<Text<'_>>(delta.get()).ok());
        Ok(StreamEvent::Chunk(Chunk {
            json: event.data.clone(),
            event: Some(Bytes::copy_from_slice(kind)),
            tokens: text.map_or(0, |text| tokens::estimate(&text.0)),
            finished: self.is_whole,
            has_choices: true,
            usage: response.and_then(Response::usage),
        }))
    }

    fn may_end(&self) -> bool {
        self.is_whole
    }
}
