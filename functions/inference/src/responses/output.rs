//! A whole answer, as OpenAI's `response`.

use super::{input::OWN_REASONING, request::Converted};
use base64::{Engine, engine::general_purpose::STANDARD};
use openclaw_core::{Error, Money, Result};
use openclaw_schema::usage::TokenUsage;
use serde_json::{Map, Value, json};

/// A response that is being made.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) id: String,
    pub(super) model: String,
    /// Unix seconds.
    pub(super) created: i64,
    pub(super) store: bool,
    pub(super) background: bool,
    pub(super) shown: Map<String, Value>,
}

impl Frame {
    /// Of an answer to a request of that id.
    pub(super) fn new(converted: &Converted, model: String, request: &str, created: i64) -> Self {
        Self {
            id: format!("resp_{}", request.trim_start_matches("req_")),
            model,
            created,
            store: converted.store,
            background: converted.background,
            shown: converted.shown.clone(),
        }
    }

    /// The response with this status and output.
    pub(super) fn response(&self, status: &str, output: Vec<Value>) -> Value {
        let mut response = json!({
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "background": self.background,
            "error": null,
            "incomplete_details": null,
            "model": self.model,
            "output": output,
            "store": self.store,
            "usage": null,
        });
        for (name, value) in &self.shown {
            response[name] = match (name.as_str(), value) {
                ("parallel_tool_calls", Value::Null) => true.into(),
                ("tool_choice", Value::Null) => "auto".into(),
                ("tools", Value::Null) => json!([]),
                ("metadata", Value::Null) => json!({}),
                ("truncation", Value::Null) => "disabled".into(),
                ("text", Value::Null) => json!({"format": {"type": "text"}}),
                _ => value.clone(),
            };
        }
        response
    }

    /// The response that an answer for this `finish_reason` ended with.
    pub(super) fn ended(
        &self,
        finish_reason: &str,
        output: Vec<Value>,
        usage: &TokenUsage,
        cost: Money,
    ) -> Value {
        let reason = match finish_reason {
            "length" => Some("max_output_tokens"),
            "content_filter" => Some("content_filter"),
            _ => None,
        };
        let status = if reason.is_some() {
            "incomplete"
        } else {
            "completed"
        };
        let mut response = self.response(status, output);
        if let Some(reason) = reason {
            response["incomplete_details"] = json!({"reason": reason});
        }
        response["usage"] = usage_object(usage, cost);
        response
    }

    /// The response that did not come to its end, and why.
    pub(super) fn failed(&self, error: &Error) -> Value {
        let mut response = self.response("failed", vec![]);
        response["error"] = json!({"code": error.code.as_str(), "message": error.message});
        response
    }

    /// The id of an item of the output.
    pub(super) fn item_id(&self, prefix: &str, at: usize) -> String {
        format!("{prefix}_{}{at:02}", self.id.trim_start_matches("resp_"))
    }
}

pub(super) fn usage_object(usage: &TokenUsage, cost: Money) -> Value {
    let total = usage.prompt().saturating_add(usage.completion());
    let cached = usage.cached_tokens.unwrap_or_default();
    let reasoning = usage.reasoning_tokens.unwrap_or_default();
    json!({
        "input_tokens": usage.prompt(),
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": usage.completion(),
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": total,
        "cost": cost,
    })
}

/// The output of a `chat.completion`, and its `finish_reason`.
pub(super) fn output(frame: &Frame, completion: &[u8]) -> Result<(Vec<Value>, String)> {
    let mut completion: Value = serde_json::from_slice(completion).map_err(Error::internal)?;
    let mut choice = completion["choices"][0].take();
    let finish = choice["finish_reason"]
        .as_str()
        .unwrap_or("stop")
        .to_owned();
    let message = choice["message"].take();
    let mut items = vec![];
    if let Some(item) = reasoning(frame, &message, items.len()) {
        items.push(item);
    }
    let text = |name: &str| message[name].as_str().filter(|text| !text.is_empty());
    let parts: Vec<_> = [
        text("content").map(text_part),
        text("refusal").map(|text| json!({"type": "refusal", "refusal": text})),
    ]
    .into_iter()
    .flatten()
    .collect();
    let calls = message["tool_calls"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if !parts.is_empty() || calls.is_empty() {
        items.push(message_item(frame, items.len(), parts, "completed"));
    }
    for call in calls {
        let function = &call["function"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        items.push(call_item(
            frame,
            items.len(),
            &text(&call["id"]),
            &text(&function["name"]),
            &text(&function["arguments"]),
            "completed",
        ));
    }
    Ok((items, finish))
}

pub(super) fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

pub(super) fn message_item(frame: &Frame, at: usize, content: Vec<Value>, status: &str) -> Value {
    json!({
        "id": frame.item_id("msg", at),
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": content,
    })
}

pub(super) fn call_item(
    frame: &Frame,
    at: usize,
    call_id: &str,
    name: &str,
    arguments: &str,
    status: &str,
) -> Value {
    json!({
        "id": frame.item_id("fc", at),
        "type": "function_call",
        "status": status,
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
    })
}

pub(super) fn reasoning_item(
    frame: &Frame,
    at: usize,
    text: &str,
    sealed: Option<String>,
) -> Value {
    let content = match text {
        "" => json!([]),
        text => json!([{"type": "reasoning_text", "text": text}]),
    };
    let mut item = json!({
        "id": frame.item_id("rs", at),
        "type": "reasoning",
        "summary": [],
        "content": content,
    });
    if let Some(sealed) = sealed {
        item["encrypted_content"] = sealed.into();
    }
    item
}

fn reasoning(frame: &Frame, message: &Value, at: usize) -> Option<Value> {
    let text = |name: &str| message[name].as_str().filter(|text| !text.is_empty());
    let said = text("reasoning_content").or_else(|| text("reasoning"));
    let sealed = sealed(&message["thinking_blocks"]);
    match (said, sealed) {
        (None, None) => None,
        (said, sealed) => Some(reasoning_item(frame, at, said.unwrap_or_default(), sealed)),
    }
}

/// Blocks with signatures, for the way back.
fn sealed(blocks: &Value) -> Option<String> {
    let blocks = blocks.as_array().filter(|blocks| !blocks.is_empty())?;
    let json = serde_json::to_vec(blocks).ok()?;
    Some(format!("{OWN_REASONING}{}", STANDARD.encode(json)))
}
