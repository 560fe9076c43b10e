//! The stream in.

use super::{
    chunk::{Envelope, Said},
    response::{Block, Counts, Function, ToolCall, finish_reason, text_of},
};
use crate::{
    dialect::{DecodeError, StreamDecoder, StreamEvent},
    sse,
};
use openclaw_core::{json, record};
use openclaw_schema::chat::Text;
use serde_json::value::RawValue;

/// An event's data; which fields are there depends on `type`.
#[derive(Default)]
struct Event<'a> {
    kind: Text<'a>,
    message: Option<Start<'a>>,
    content_block: Option<Block<'a>>,
    delta: Option<Delta<'a>>,
    usage: Option<Counts>,
    error: Option<&'a RawValue>,
}

record!(Event<'a> {
    kind = "type": required,
    message,
    content_block,
    delta,
    usage,
    error,
    ..
});

#[derive(Default)]
struct Start<'a> {
    id: Text<'a>,
    model: Text<'a>,
    usage: Counts,
}

record!(Start<'a> {
    id: required,
    model: required,
    usage,
    ..
});

/// Of a block, or of the message.
#[derive(Default)]
struct Delta<'a> {
    text: Option<Text<'a>>,
    partial_json: Option<Text<'a>>,
    stop_reason: Option<Text<'a>>,
}

record!(Delta<'a> {
    text,
    partial_json,
    stop_reason,
    ..
});

/// A stream: `message_stop` ends it.
#[derive(Debug)]
pub(crate) struct Decoder {
    created: i64,
    /// Of `message_start`, which comes first.
    envelope: Option<Envelope>,
    counts: Counts,
    /// Tool calls so far.
    calls: u32,
    /// The block that is being read is a tool call, and whether it has arguments yet.
    open_call: Option<bool>,
}

impl Decoder {
    pub(crate) fn new(created: i64) -> Self {
        Self {
            created,
            envelope: None,
            counts: Counts::default(),
            calls: 0,
            open_call: None,
        }
    }
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &sse::Event) -> Result<StreamEvent, DecodeError> {
        let event: Event<'_> = json::read(&event.data)
            .map_err(|error| format!("not what an event should be: {error}"))?;
        match &*event.kind.0 {
            "error" => {
                let words = event.error.map_or("no reason", RawValue::get);
                Err(format!("error event: {words}"))
            }
            "message_start" => self.start(event.message.ok_or("no message in message_start")?),
            "content_block_start" => match &event.content_block {
                Some(block) => self.block(block),
                None => Err("no block in content_block_start".into()),
            },
            "content_block_delta" => match event.delta {
                Some(delta) => self.delta(&delta),
                None => Err("no delta in content_block_delta".into()),
            },
            "content_block_stop" => self.close(),
            "message_delta" => {
                self.counts.update(event.usage.unwrap_or_default());
                let reason = event.delta.and_then(|delta| delta.stop_reason);
                match reason {
                    Some(reason) => self.finish(finish_reason(&reason.0)),
                    None => Ok(StreamEvent::Nothing),
                }
            }
            "message_stop" => self.stop(),
            // `ping`, and what may come to be.
            _ => Ok(StreamEvent::Nothing),
        }
    }
}

impl Decoder {
    fn start(&mut self, start: Start<'_>) -> Result<StreamEvent, DecodeError> {
        self.counts.update(start.usage);
        self.envelope = Some(Envelope {
            id: start.id.0.into(),
            model: start.model.0.into(),
            created: self.created,
        });
        self.say(Said {
            role: Some("assistant"),
            content: Some(""),
            tool_calls: None,
        })
    }

    fn block(&mut self, block: &Block<'_>) -> Result<StreamEvent, DecodeError> {
        if let Some(mut call) = ToolCall::of(block) {
            // A stream's block starts with an empty input, its arguments follow in pieces.
            let has_arguments = call.function.arguments != "{}";
            if !has_arguments {
                call.function.arguments = "";
            }
            call.index = Some(self.calls);
            self.calls += 1;
            self.open_call = Some(has_arguments);
            return self.call(call);
        }
        self.open_call = None;
        self.text(text_of(block).unwrap_or_default())
    }

    fn delta(&mut self, delta: &Delta<'_>) -> Result<StreamEvent, DecodeError> {
        match (&delta.partial_json, self.open_call) {
            (Some(json), Some(_)) if !json.0.is_empty() => {
                self.open_call = Some(true);
                self.arguments(&json.0)
            }
            _ => self.text(delta.text.as_ref().map_or("", |text| &text.0)),
        }
    }

    /// A call without arguments never had any piece: callers parse them all the same.
    fn close(&mut self) -> Result<StreamEvent, DecodeError> {
        match self.open_call.take() {
            Some(false) => self.arguments("{}"),
            _ => Ok(StreamEvent::Nothing),
        }
    }

    fn text(&self, text: &str) -> Result<StreamEvent, DecodeError> {
        if text.is_empty() {
            return Ok(StreamEvent::Nothing);
        }
        self.say(Said {
            content: Some(text),
            ..Said::default()
        })
    }

    fn arguments(&self, arguments: &str) -> Result<StreamEvent, DecodeError> {
        self.call(ToolCall {
            index: Some(self.calls.saturating_sub(1)),
            id: None,
            kind: None,
            function: Function {
                name: None,
                arguments,
            },
        })
    }

    fn call(&self, call: ToolCall<'_>) -> Result<StreamEvent, DecodeError> {
        self.say(Said {
            tool_calls: Some([call]),
            ..Said::default()
        })
    }

    fn say(&self, said: Said<'_>) -> Result<StreamEvent, DecodeError> {
        self.envelope()?.say(said).map(StreamEvent::Chunk)
    }

    fn finish(&self, reason: &'static str) -> Result<StreamEvent, DecodeError> {
        self.envelope()?.finish(reason).map(StreamEvent::Chunk)
    }

    /// The usage chunk is the last, as OpenAI has it.
    fn stop(&self) -> Result<StreamEvent, DecodeError> {
        let last = self.envelope()?.count(self.counts).transpose();
        last.map(StreamEvent::End)
    }

    fn envelope(&self) -> Result<&Envelope, DecodeError> {
        self.envelope.as_ref().ok_or("no message_start".into())
    }
}
