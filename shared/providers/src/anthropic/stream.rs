//! The stream in.

use super::{
    answer::{Block, Meaning, ThinkingBlock, ToolCall, finish_reason, text_of},
    chunk::{Delta, Envelope},
    usage::Counts,
};
use crate::{
    Chunk,
    dialect::{DecodeError, StreamDecoder, StreamEvent},
    sse, tokens,
    vendor_error::VendorError,
};
use openclaw_schema::chat::Text;
use serde::Deserialize;
use serde_json::value::RawValue;

/// An event's data; which fields are there depends on `type`.
#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    /// Of the block that starts, goes on or ends.
    index: Option<u64>,
    #[serde(borrow)]
    message: Option<Start<'a>>,
    #[serde(borrow)]
    content_block: Option<Block<'a>>,
    #[serde(borrow)]
    delta: Option<EventDelta<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// What an event tells whoever only counts.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// An estimate of the tokens that it carries.
    pub(super) tokens: u64,
    /// Whether it has the `stop_reason`.
    pub(super) stops: bool,
    pub(super) counts: Counts,
    pub(super) has_counts: bool,
}

impl<'a> Event<'a> {
    pub(super) fn read(data: &'a [u8]) -> Result<Self, DecodeError> {
        serde_json::from_slice(data)
            .map_err(|error| format!("not what an event should be: {error}").into())
    }

    /// Its `type`, or the name of the event.
    pub(super) fn kind<'b>(&'b self, event: &'b sse::Event) -> &'b [u8] {
        self.kind
            .as_ref()
            .map_or(&*event.name, |kind| kind.0.as_bytes())
    }

    /// Counts and ends, whatever the event says beside.
    pub(super) fn told(&self) -> Told {
        let start = self.message.as_ref();
        let delta = self.delta.as_ref();
        let block = self.content_block.as_ref();
        let of_delta = delta.map(|delta| [&delta.text, &delta.partial_json, &delta.thinking]);
        let of_block = block.map(|block| [&block.text, &block.name, &block.thinking]);
        let texts = of_delta.into_iter().chain(of_block).flatten().flatten();
        Told {
            tokens: texts.map(|text| tokens::estimate(&text.0)).sum(),
            stops: delta.is_some_and(|delta| delta.stop_reason.is_some()),
            counts: match start {
                Some(start) => Counts::of_start(start.usage),
                None => Counts::read(self.usage),
            },
            has_counts: start.is_some() || self.usage.is_some(),
        }
    }
}

#[derive(Deserialize)]
struct Start<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

/// Of a block, or of the message.
#[derive(Deserialize)]
struct EventDelta<'a> {
    #[serde(borrow)]
    text: Option<Text<'a>>,
    #[serde(borrow)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow)]
    thinking: Option<Text<'a>>,
    #[serde(borrow)]
    signature: Option<Text<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Text<'a>>,
}

/// Reads a stream: `message_stop` ends it.
#[derive(Debug)]
pub(crate) struct Decoder {
    created: i64,
    /// Of `message_start`, which comes first.
    envelope: Option<Envelope>,
    counts: Counts,
    /// Tool calls so far.
    calls: u32,
    /// Thinking blocks so far.
    thoughts: u32,
    has_text: bool,
    /// The `stop_reason` has come: the answer is whole.
    stopped: bool,
    /// Blocks that have started and not ended: Anthropic may let them take turns.
    open: Vec<(u64, Open)>,
}

/// A block that is being read.
#[derive(Clone, Copy, Debug)]
enum Open {
    /// A tool call by its number, and whether it has arguments yet.
    Call(u32, bool),
    /// An answer whose form was asked for, and whether any of it has come.
    Answer(bool),
    /// A thinking block by its number.
    Thinking(u32),
    Other,
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &sse::Event) -> Result<StreamEvent, DecodeError> {
        if event.data.trim_ascii() == b"[DONE]" {
            // Some relays end so, as OpenAI does.
            return match self.stopped {
                true => self.end(),
                false => Err("[DONE] before the stop_reason".into()),
            };
        }
        let data = Event::read(&event.data)?;
        match data.kind(event) {
            b"error" => Err(DecodeError::Vendor(VendorError::read(&event.data))),
            b"message_start" => {
                self.start(data.message.as_ref().ok_or("no message in message_start")?)
            }
            b"content_block_start" => match &data.content_block {
                Some(block) => self.open_block(data.index.unwrap_or_default(), block),
                None => Err("no block in content_block_start".into()),
            },
            b"content_block_delta" => match &data.delta {
                Some(delta) => self.delta(data.index.unwrap_or_default(), delta),
                None => Err("no delta in content_block_delta".into()),
            },
            b"content_block_stop" => self.close_block(data.index.unwrap_or_default()),
            b"message_delta" => {
                self.counts.update(Counts::read(data.usage));
                match data
                    .delta
                    .as_ref()
                    .and_then(|delta| delta.stop_reason.as_ref())
                {
                    Some(reason) => self.finish(&reason.0),
                    None => Ok(StreamEvent::Nothing),
                }
            }
            b"message_stop" => self.end(),
            // `ping`, and kinds that may come to be.
            _ => Ok(StreamEvent::Nothing),
        }
    }

    fn may_end(&self) -> bool {
        self.stopped
    }
}

impl Decoder {
    pub(crate) fn new(created: i64) -> Self {
        Self {
            created,
            envelope: None,
            counts: Counts::default(),
            calls: 0,
            thoughts: 0,
            has_text: false,
            stopped: false,
            open: Vec::new(),
        }
    }

    fn start(&mut self, start: &Start<'_>) -> Result<StreamEvent, DecodeError> {
        self.counts.update(Counts::of_start(start.usage));
        let text = |text: &Option<Text<'_>>| text_of(text).to_owned();
        self.envelope = Some(Envelope {
            id: text(&start.id),
            model: text(&start.model),
            created: self.created,
        });
        let role = self.envelope()?.piece(Delta {
            role: Some("assistant"),
            content: Some(""),
            ..Delta::default()
        })?;
        // The tokens in are known from here on, however the stream ends.
        Ok(StreamEvent::Chunk(Chunk {
            usage: self.counts.usage(),
            ..role
        }))
    }

    fn open_block(&mut self, index: u64, block: &Block<'_>) -> Result<StreamEvent, DecodeError> {
        let meaning = block.meaning();
        let open = match &meaning {
            Meaning::Call { input, .. } => {
                self.calls += 1;
                Open::Call(self.calls - 1, !is_empty(input))
            }
            Meaning::Answer { input } => Open::Answer(!is_empty(input)),
            Meaning::Thinking(_) => {
                self.thoughts += 1;
                Open::Thinking(self.thoughts - 1)
            }
            Meaning::Text(_) | Meaning::Nothing => Open::Other,
        };
        self.open.retain(|(other, _)| *other != index);
        self.open.push((index, open));
        match (meaning, open) {
            (Meaning::Call { id, name, input }, Open::Call(number, has_arguments)) => {
                // A stream's block starts with an empty input, its arguments follow in pieces.
                let arguments = if has_arguments { input } else { "" };
                self.call(ToolCall {
                    index: Some(number),
                    ..ToolCall::new(id, name, arguments)
                })
            }
            (Meaning::Answer { input }, Open::Answer(true)) => self.text(input),
            (Meaning::Thinking(thought), Open::Thinking(number)) => self.thought(ThinkingBlock {
                index: Some(number),
                position: self.calls + u32::from(self.has_text),
                ..thought
            }),
            (Meaning::Text(text), _) => self.text(text),
            _ => Ok(StreamEvent::Nothing),
        }
    }

    fn delta(&mut self, index: u64, delta: &EventDelta<'_>) -> Result<StreamEvent, DecodeError> {
        let open = self.open.iter_mut().find(|(other, _)| *other == index);
        let open = open.map(|(_, open)| open);
        let filled = |text: &&Text<'_>| !text.0.is_empty();
        if let Some(json) = delta.partial_json.as_ref().filter(filled) {
            return match open {
                Some(Open::Call(number, has_arguments)) => {
                    *has_arguments = true;
                    let number = *number;
                    self.call(ToolCall::more(number, &json.0))
                }
                Some(Open::Answer(has_begun)) => {
                    *has_begun = true;
                    self.text(&json.0)
                }
                _ => Ok(StreamEvent::Nothing),
            };
        }
        if let Some(Open::Thinking(number)) = open {
            let part = ThinkingBlock {
                index: Some(*number),
                thinking: delta.thinking.as_ref().filter(filled).map(|text| &*text.0),
                signature: delta.signature.as_ref().filter(filled).map(|text| &*text.0),
                ..ThinkingBlock::new("thinking")
            };
            return match (part.thinking, part.signature) {
                (None, None) => Ok(StreamEvent::Nothing),
                _ => self.thought(part),
            };
        }
        self.text(delta.text.as_ref().map_or("", |text| &text.0))
    }

    /// A call without arguments never had any piece: callers parse them all the same.
    fn close_block(&mut self, index: u64) -> Result<StreamEvent, DecodeError> {
        let at = self.open.iter().position(|(other, _)| *other == index);
        match at.map(|at| self.open.swap_remove(at).1) {
            Some(Open::Call(number, false)) => self.call(ToolCall::more(number, "{}")),
            Some(Open::Answer(false)) => self.text("{}"),
            _ => Ok(StreamEvent::Nothing),
        }
    }

    fn text(&mut self, text: &str) -> Result<StreamEvent, DecodeError> {
        if text.is_empty() {
            return Ok(StreamEvent::Nothing);
        }
        self.has_text = true;
        self.piece(Delta {
            content: Some(text),
            ..Delta::default()
        })
    }

    fn call(&self, call: ToolCall<'_>) -> Result<StreamEvent, DecodeError> {
        self.piece(Delta {
            tool_calls: Some([call]),
            ..Delta::default()
        })
    }

    fn thought(&self, part: ThinkingBlock<'_>) -> Result<StreamEvent, DecodeError> {
        self.piece(Delta {
            reasoning_content: part.thinking.filter(|text| !text.is_empty()),
            thinking_blocks: Some([part]),
            ..Delta::default()
        })
    }

    fn piece(&self, delta: Delta<'_>) -> Result<StreamEvent, DecodeError> {
        self.envelope()?.piece(delta).map(StreamEvent::Chunk)
    }

    fn finish(&mut self, stop_reason: &str) -> Result<StreamEvent, DecodeError> {
        self.stopped = true;
        let reason = finish_reason(stop_reason, self.calls > 0);
        let chunk = self.envelope()?.finish(reason, self.counts);
        chunk.map(StreamEvent::Chunk)
    }

    /// The usage chunk is the last, as OpenAI has it.
    fn end(&self) -> Result<StreamEvent, DecodeError> {
        let last = self.envelope()?.usage(self.counts).transpose();
        last.map(StreamEvent::End)
    }

    fn envelope(&self) -> Result<&Envelope, DecodeError> {
        self.envelope.as_ref().ok_or("no message_start".into())
    }
}

/// Whether a block's input is an object without fields.
fn is_empty(input: &str) -> bool {
    let within = input
        .trim()
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    within.is_some_and(|within| within.trim().is_empty())
}
