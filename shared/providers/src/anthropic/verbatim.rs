//! Anthropic's answers to callers who speak the same: read for their counts, passed on as they came.

use super::{
    completion,
    stream::{Event, Told},
    usage::Counts,
};
use crate::{
    Chunk, Completion,
    dialect::{AnswerFormat, DecodeError, StreamDecoder, StreamEvent},
    sse,
    vendor_error::VendorError,
};
use bytes::Bytes;

/// `/messages`.
#[derive(Debug)]
pub(super) struct Messages;

impl AnswerFormat for Messages {
    fn path(&self) -> &'static str {
        "/messages"
    }

    fn decode_completion(&self, body: Bytes, created: i64) -> Result<Completion, DecodeError> {
        let read = completion::decode(&body, created)?;
        Ok(Completion {
            body,
            is_verbatim: true,
            ..read
        })
    }

    fn stream_decoder(&self, _: i64) -> Box<dyn StreamDecoder> {
        Box::new(Decoder::default())
    }
}

/// Reads a stream: `message_stop` ends it.
#[derive(Debug, Default)]
struct Decoder {
    counts: Counts,
    /// The `stop_reason` has come: the answer is whole.
    stopped: bool,
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &sse::Event) -> Result<StreamEvent, DecodeError> {
        if event.data.trim_ascii() == b"[DONE]" {
            return match self.stopped {
                true => Ok(StreamEvent::End(None)),
                false => Err("[DONE] before the stop_reason".into()),
            };
        }
        let data = Event::read(&event.data)?;
        let kind = data.kind(event);
        let told = match kind {
            b"error" => return Err(DecodeError::Vendor(VendorError::read(&event.data))),
            b"message_stop" => return Ok(StreamEvent::End(None)),
            // The gateway has a sign of life of its own.
            b"ping" | b"" => return Ok(StreamEvent::Nothing),
            _ => data.told(),
        };
        self.counts.update(told.counts);
        self.stopped |= told.stops;
        let Told {
            tokens,
            stops,
            has_counts,
            ..
        } = told;
        Ok(StreamEvent::Chunk(Chunk {
            json: event.data.clone(),
            event: Some(Bytes::copy_from_slice(kind)),
            tokens,
            finished: stops,
            has_choices: true,
            usage: has_counts.then(|| self.counts.usage()).flatten(),
        }))
    }

    fn may_end(&self) -> bool {
        self.stopped
    }
}
