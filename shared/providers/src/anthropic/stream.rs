//! The stream in.

use super::response::{Block, Counts, Function, ToolCall, Usage, finish_reason, text_of};
use crate::{
    Chunk,
    dialect::{Malformed, Step},
    sse, tokens,
};
use openclaw_schema::chat::Text;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An event's data; which fields are there depends on `type`.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    message: Option<Start<'a>>,
    #[serde(borrow, default)]
    content_block: Option<Block<'a>>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
    #[serde(default)]
    usage: Option<Counts>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Start<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    model: Text<'a>,
    #[serde(default)]
    usage: Counts,
}

/// Of a block, or of the message.
#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow, default)]
    stop_reason: Option<Text<'a>>,
}

/// OpenAI's chunk.
#[derive(Serialize)]
struct ChatChunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [Choice<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Said<'a>,
    logprobs: Option<()>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Said<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolCall<'a>; 1]>,
}

/// A stream: `message_stop` ends it.
#[derive(Debug)]
pub(crate) struct Decoder {
    created: i64,
    /// Of `message_start`, which comes first.
    message: Option<Named>,
    counts: Counts,
    /// Tool calls so far.
    calls: u32,
    /// The block that is being read is a tool call, and whether it has arguments yet.
    open_call: Option<bool>,
}

#[derive(Debug)]
struct Named {
    id: String,
    model: String,
}

impl Decoder {
    pub(crate) fn new(created: i64) -> Self {
        Self {
            created,
            message: None,
            counts: Counts::default(),
            calls: 0,
            open_call: None,
        }
    }

    pub(crate) fn event(&mut self, event: &sse::Event) -> Result<Step, Malformed> {
        let event: Event<'_> = serde_json::from_slice(&event.data)
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
                    None => Ok(Step::Nothing),
                }
            }
            "message_stop" => self.stop(),
            // `ping`, and what may come to be.
            _ => Ok(Step::Nothing),
        }
    }

    fn start(&mut self, start: Start<'_>) -> Result<Step, Malformed> {
        self.counts.update(start.usage);
        self.message = Some(Named {
            id: start.id.0.into(),
            model: start.model.0.into(),
        });
        self.say(Said {
            role: Some("assistant"),
            content: Some(""),
            tool_calls: None,
        })
    }

    fn block(&mut self, block: &Block<'_>) -> Result<Step, Malformed> {
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

    fn delta(&mut self, delta: &Delta<'_>) -> Result<Step, Malformed> {
        match (&delta.partial_json, self.open_call) {
            (Some(json), Some(_)) if !json.0.is_empty() => {
                self.open_call = Some(true);
                self.arguments(&json.0)
            }
            _ => self.text(delta.text.as_ref().map_or("", |text| &text.0)),
        }
    }

    /// A call without arguments never had any piece: callers parse them all the same.
    fn close(&mut self) -> Result<Step, Malformed> {
        match self.open_call.take() {
            Some(false) => self.arguments("{}"),
            _ => Ok(Step::Nothing),
        }
    }

    fn text(&self, text: &str) -> Result<Step, Malformed> {
        if text.is_empty() {
            return Ok(Step::Nothing);
        }
        self.say(Said {
            content: Some(text),
            ..Said::default()
        })
    }

    fn arguments(&self, arguments: &str) -> Result<Step, Malformed> {
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

    fn call(&self, call: ToolCall<'_>) -> Result<Step, Malformed> {
        self.say(Said {
            tool_calls: Some([call]),
            ..Said::default()
        })
    }

    fn say(&self, delta: Said<'_>) -> Result<Step, Malformed> {
        let calls = delta.tool_calls.iter().flatten();
        let calls = calls.flat_map(|call| [call.function.name, Some(call.function.arguments)]);
        let texts = calls.chain([delta.content]).flatten();
        let tokens = texts.map(tokens::estimate).sum();
        self.chunk(Some((delta, None)), tokens).map(Step::Chunk)
    }

    fn finish(&self, reason: &'static str) -> Result<Step, Malformed> {
        let choice = (Said::default(), Some(reason));
        self.chunk(Some(choice), 0).map(Step::Chunk)
    }

    /// The usage chunk is the last, as OpenAI has it.
    fn stop(&self) -> Result<Step, Malformed> {
        let last = self.counts.usage().map(|_| self.chunk(None, 0));
        last.transpose().map(Step::End)
    }

    fn chunk(
        &self,
        choice: Option<(Said<'_>, Option<&'static str>)>,
        tokens: u64,
    ) -> Result<Chunk, Malformed> {
        let message = self.message.as_ref().ok_or("no message_start")?;
        let finished = matches!(choice, Some((_, Some(_))));
        let choices: Vec<_> = choice
            .into_iter()
            .map(|(delta, finish_reason)| Choice {
                index: 0,
                delta,
                logprobs: None,
                finish_reason,
            })
            .collect();
        let is_last = choices.is_empty();
        let chunk = ChatChunk {
            id: &message.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: &message.model,
            choices: &choices,
            usage: if is_last { self.counts.shown() } else { None },
        };
        Ok(Chunk {
            json: serde_json::to_vec(&chunk)
                .map_err(|error| error.to_string())?
                .into(),
            tokens,
            finished,
            has_choices: !is_last,
            usage: if is_last { self.counts.usage() } else { None },
        })
    }
}
