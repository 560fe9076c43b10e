//! The answer in: Converse's words become Anthropic's, which are read as Claude's answers are.

use crate::{
    answer::Completion,
    anthropic::{self, StreamReader},
    dialect::{DecodeError, StreamDecoder, StreamEvent},
    sse::Event,
    vendor_error::VendorError,
};
use bytes::Bytes;
use serde_json::{Value, json};

pub(super) fn decode(body: &[u8], created: i64) -> Result<Completion, DecodeError> {
    let answer = read(body)?;
    let message = &answer["output"]["message"];
    let Some(content) = message["content"].as_array() else {
        return Err(DecodeError::Empty("an answer without a message".into()));
    };
    let message = json!({
        "id": id(created),
        "content": content.iter().map(block).collect::<Vec<_>>(),
        "stop_reason": stop_reason(&answer["stopReason"]),
        "usage": usage(&answer["usage"]),
    });
    anthropic::decode_message(message.to_string().as_bytes(), created)
}

fn read(json: &[u8]) -> Result<Value, DecodeError> {
    serde_json::from_slice(json).map_err(|error| {
        let words = String::from_utf8_lossy(&json[..json.len().min(1000)]);
        format!("not an answer: {error}: {words}").into()
    })
}

/// Converse gives answers none.
fn id(created: i64) -> String {
    format!("bedrock-{created}")
}

fn block(block: &Value) -> Value {
    if let Some(text) = block["text"].as_str() {
        return json!({"type": "text", "text": text});
    }
    let call = &block["toolUse"];
    if call.is_object() {
        let (id, name, input) = (&call["toolUseId"], &call["name"], &call["input"]);
        return json!({"type": "tool_use", "id": id, "name": name, "input": input});
    }
    reasoning(&block["reasoningContent"])
}

fn reasoning(reasoning: &Value) -> Value {
    let text = &reasoning["reasoningText"];
    match &reasoning["redactedContent"] {
        Value::String(data) => json!({"type": "redacted_thinking", "data": data}),
        _ if text.is_object() => {
            json!({"type": "thinking", "thinking": text["text"], "signature": text["signature"]})
        }
        _ => json!({"type": "unknown"}),
    }
}

fn stop_reason(reason: &Value) -> &str {
    match reason.as_str().unwrap_or_default() {
        "guardrail_intervened" | "content_filtered" => "refusal",
        reason => reason,
    }
}

fn usage(usage: &Value) -> Value {
    json!({
        "input_tokens": usage["inputTokens"],
        "output_tokens": usage["outputTokens"],
        "cache_read_input_tokens": usage["cacheReadInputTokens"],
        "cache_creation_input_tokens": usage["cacheWriteInputTokens"],
    })
}

/// Reads one stream: `metadata`, which follows `messageStop`, is its last event.
#[derive(Debug)]
pub(super) struct Decoder {
    inner: StreamReader,
    id: String,
    /// Blocks that have begun: only calls say so.
    begun: Vec<u64>,
    stop_reason: Option<Value>,
}

impl Decoder {
    pub(super) fn new(created: i64) -> Self {
        Self {
            inner: StreamReader::new(created),
            id: id(created),
            begun: vec![],
            stop_reason: None,
        }
    }

    fn tell(&mut self, event: &Value) -> Result<StreamEvent, DecodeError> {
        self.inner.event(&Event {
            name: Bytes::new(),
            data: event.to_string().into(),
            id: Bytes::new(),
        })
    }

    fn delta(&mut self, event: &Value) -> Result<StreamEvent, DecodeError> {
        let index = event["contentBlockIndex"].as_u64().unwrap_or_default();
        let delta = &event["delta"];
        let begins = !self.begun.contains(&index);
        if begins {
            self.begun.push(index);
        }
        let thought = &delta["reasoningContent"];
        if begins && thought.is_object() {
            let block = match &thought["redactedContent"] {
                Value::String(data) => json!({"type": "redacted_thinking", "data": data}),
                _ => {
                    json!({"type": "thinking", "thinking": thought["text"], "signature": thought["signature"]})
                }
            };
            return self.tell(
                &json!({"type": "content_block_start", "index": index, "content_block": block}),
            );
        }
        let delta = if let Some(text) = delta["text"].as_str() {
            json!({"type": "text_delta", "text": text})
        } else if let Some(input) = delta["toolUse"]["input"].as_str() {
            json!({"type": "input_json_delta", "partial_json": input})
        } else if let Some(text) = thought["text"].as_str() {
            json!({"type": "thinking_delta", "thinking": text})
        } else if let Some(signature) = thought["signature"].as_str() {
            json!({"type": "signature_delta", "signature": signature})
        } else {
            return Ok(StreamEvent::Nothing);
        };
        self.tell(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
    }
}

impl StreamDecoder for Decoder {
    fn event(&mut self, event: &Event) -> Result<StreamEvent, DecodeError> {
        let json = read(&event.data)?;
        match &*event.name {
            b"messageStart" => {
                let message = json!({"id": self.id});
                self.tell(&json!({"type": "message_start", "message": message}))
            }
            b"contentBlockStart" => {
                let index = json["contentBlockIndex"].as_u64().unwrap_or_default();
                let call = &json["start"]["toolUse"];
                if !call.is_object() {
                    return Ok(StreamEvent::Nothing);
                }
                self.begun.push(index);
                let (id, name) = (&call["toolUseId"], &call["name"]);
                let block = json!({"type": "tool_use", "id": id, "name": name, "input": {}});
                let kind = "content_block_start";
                self.tell(&json!({"type": kind, "index": index, "content_block": block}))
            }
            b"contentBlockDelta" => self.delta(&json),
            b"contentBlockStop" => {
                let index = json["contentBlockIndex"].as_u64().unwrap_or_default();
                self.tell(&json!({"type": "content_block_stop", "index": index}))
            }
            b"messageStop" => {
                self.stop_reason = Some(stop_reason(&json["stopReason"]).into());
                Ok(StreamEvent::Nothing)
            }
            b"metadata" => {
                let Some(reason) = self.stop_reason.take() else {
                    return Ok(StreamEvent::Nothing);
                };
                let usage = usage(&json["usage"]);
                let delta = json!({"stop_reason": reason});
                self.tell(&json!({"type": "message_delta", "delta": delta, "usage": usage}))
            }
            name if name.ends_with(b"Exception") => {
                Err(DecodeError::Vendor(exception(name, &event.data)))
            }
            _ => Ok(StreamEvent::Nothing),
        }
    }

    fn may_end(&self) -> bool {
        self.inner.may_end()
    }
}

/// An error in a stream, which is named as its type.
fn exception(name: &[u8], body: &[u8]) -> VendorError {
    let status = match name {
        b"validationException" => 400,
        b"throttlingException" => 429,
        b"serviceUnavailableException" => 503,
        b"modelTimeoutException" => 504,
        _ => 500,
    };
    VendorError {
        status: Some(status),
        ..VendorError::read(body)
    }
}
