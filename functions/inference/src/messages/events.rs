//! A streamed answer, as Anthropic's events
//! (<https://platform.claude.com/docs/en/build-with-claude/streaming>).

use super::{
    answer::{message_id, priced, stop_reason, usage_object},
    errors::event_of,
};
use crate::sse::{write, write_raw};
use bytes::{BufMut, BytesMut};
use openclaw_chat::EventWriter;
use openclaw_core::{Error, Money, json::Object};
use openclaw_providers::Chunk;
use openclaw_schema::{
    chat::{Answer, Call},
    usage::TokenUsage,
};
use serde_json::{Value, json};

/// The block that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
    /// A call, by its index in the chat.
    Call(u32),
}

/// Writes one stream.
pub(super) struct EventStream {
    model: String,
    request: String,
    prompt_tokens: u64,
    started: bool,
    open: Option<Open>,
    /// Blocks that are over.
    blocks: u32,
    has_refusal: bool,
    finish_reason: Option<String>,
    /// Anthropic's own `message_delta`, which waits for what the answer cost.
    last: Option<Object>,
}

impl EventStream {
    /// For an answer by `model` to that request, whose prompt has about so many tokens.
    pub(super) fn new(model: &str, request: &str, prompt_tokens: u64) -> Self {
        Self {
            model: model.into(),
            request: request.into(),
            prompt_tokens,
            started: false,
            open: None,
            blocks: 0,
            has_refusal: false,
            finish_reason: None,
            last: None,
        }
    }

    fn start(&mut self, out: &mut BytesMut) {
        if self.started {
            return;
        }
        self.started = true;
        let usage = TokenUsage {
            prompt_tokens: Some(self.prompt_tokens),
            ..TokenUsage::default()
        };
        let mut usage = usage_object(&usage, Money::ZERO);
        // Nobody knows it before the end.
        if let Value::Object(usage) = &mut usage {
            usage.remove("cost");
        }
        let message = json!({
            "id": message_id(&self.request),
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": usage,
        });
        write(&json!({"type": "message_start", "message": message}), out);
    }

    /// Ends the block that is open, unless it is this one.
    fn close_for(&mut self, next: Option<Open>, out: &mut BytesMut) {
        if self.open.is_some() && self.open != next {
            if self.open == Some(Open::Thinking) {
                // Every thinking block ends with its signature; nobody signed this one.
                let delta = json!({"type": "signature_delta", "signature": ""});
                self.delta(&delta, out);
            }
            write(
                &json!({"type": "content_block_stop", "index": self.blocks}),
                out,
            );
            self.blocks += 1;
            self.open = None;
        }
    }

    fn open(&mut self, next: Open, block: impl FnOnce() -> Value, out: &mut BytesMut) {
        self.close_for(Some(next), out);
        if self.open.is_none() {
            self.open = Some(next);
            let start = json!({
                "type": "content_block_start",
                "index": self.blocks,
                "content_block": block(),
            });
            write(&start, out);
        }
    }

    fn delta(&self, delta: &Value, out: &mut BytesMut) {
        let event = json!({"type": "content_block_delta", "index": self.blocks, "delta": delta});
        write(&event, out);
    }

    fn text(&mut self, text: &str, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        self.open(Open::Text, || json!({"type": "text", "text": ""}), out);
        self.delta(&json!({"type": "text_delta", "text": text}), out);
    }

    fn thinking(&mut self, text: &str, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        let block = || json!({"type": "thinking", "thinking": "", "signature": ""});
        self.open(Open::Thinking, block, out);
        self.delta(&json!({"type": "thinking_delta", "thinking": text}), out);
    }

    fn call(&mut self, call: &Call<'_>, out: &mut BytesMut) {
        let block =
            || json!({"type": "tool_use", "id": call.id(), "name": call.name(), "input": {}});
        self.open(Open::Call(call.index.unwrap_or_default()), block, out);
        if !call.arguments().is_empty() {
            let delta = json!({"type": "input_json_delta", "partial_json": call.arguments()});
            self.delta(&delta, out);
        }
    }

    fn piece(&mut self, piece: &Answer<'_>, out: &mut BytesMut) {
        for choice in piece.choices.iter().filter(|choice| choice.index == 0) {
            if let Some(delta) = &choice.delta {
                self.thinking(delta.thoughts(), out);
                self.text(&delta.text(), out);
                if let Some(refusal) = &delta.refusal {
                    self.has_refusal |= !refusal.0.is_empty();
                    self.text(&refusal.0, out);
                }
                for call in delta.tool_calls.iter().flatten() {
                    self.call(call, out);
                }
            }
            if let Some(reason) = &choice.finish_reason {
                self.finish_reason = Some(reason.0.to_string());
            }
        }
    }
}

impl EventWriter for EventStream {
    fn ping(&self) -> &'static [u8] {
        match self.started {
            true => b"event: ping\ndata: {\"type\": \"ping\"}\n\n",
            // Anthropic's SDKs expect `message_start` before all else.
            false => b": ping\n\n",
        }
    }

    fn chunk(&mut self, chunk: &Chunk, out: &mut BytesMut) {
        if let Some(name) = &chunk.event {
            self.started = true;
            // It has the last counts; a second one would be none of Anthropic's.
            match &**name == b"message_delta" && chunk.finished {
                true => self.last = serde_json::from_slice(&chunk.json).ok(),
                false => write_raw(name, &chunk.json, out),
            }
            return;
        }
        self.start(out);
        if let Ok(piece) = serde_json::from_slice(&chunk.json) {
            self.piece(&piece, out);
        }
    }

    fn end(&mut self, usage: &TokenUsage, cost: Money, out: &mut BytesMut) {
        match self.last.take() {
            Some(mut last) => {
                let told = last.get("usage").and_then(Object::of);
                last.set("usage", priced(told, usage, cost).to_string());
                write_raw(b"message_delta", last.to_string().as_bytes(), out);
            }
            None => {
                self.start(out);
                self.close_for(None, out);
                let finish = self.finish_reason.as_deref().unwrap_or("stop");
                let reason = stop_reason(finish, self.has_refusal);
                let last = json!({
                    "type": "message_delta",
                    "delta": {"stop_reason": reason, "stop_sequence": null},
                    "usage": usage_object(usage, cost),
                });
                write(&last, out);
            }
        }
        write(&json!({"type": "message_stop"}), out);
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        out.put_slice(event_of(error, &self.request).as_bytes());
    }
}
