//! Anthropic's wire format: <https://docs.anthropic.com/en/api/messages>.

use super::{
    reply::{Events, Reply, Said},
    script::{ToolCall, Usage},
};
use bytes::Bytes;
use serde_json::{Value, json};

const ID: &str = "msg_01XFDUDYJgAACzvnptvVoYEL";

/// The signature of all thinking.
const SIGNATURE: &str = "EqoBCkgIARABGAIiQL2UoU0b1OHYi";

/// A `message`.
pub(super) fn plain(reply: &Reply) -> Value {
    let (block, stop) = match &reply.said {
        Said::Text(pieces) => (json!({"type": "text", "text": pieces.concat()}), "end_turn"),
        Said::Call { call, .. } => (tool_use(call), "tool_use"),
    };
    let thinking = reply.thinking.as_ref();
    let thinking = thinking
        .map(|thinking| json!({"type": "thinking", "thinking": thinking, "signature": SIGNATURE}));
    let more = reply.said.more().iter().map(tool_use);
    let content: Vec<_> = thinking.into_iter().chain([block]).chain(more).collect();
    let mut message = json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": null,
    });
    if let Some(usage) = reply.usage {
        message["usage"] = usage_object(usage, usage.completion_tokens, reply.cached);
    }
    message
}

fn tool_use(call: &ToolCall) -> Value {
    json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments})
}

/// The blocks of further calls, from that index on.
fn more_blocks(calls: &[ToolCall], first: usize) -> Vec<Bytes> {
    let blocks = calls.iter().enumerate().flat_map(|(at, call)| {
        let mut block = tool_use(call);
        let input = std::mem::replace(&mut block["input"], json!({})).to_string();
        let index = first + at;
        let delta = json!({"type": "input_json_delta", "partial_json": input});
        [
            json!({"type": "content_block_start", "index": index, "content_block": block}),
            json!({"type": "content_block_delta", "index": index, "delta": delta}),
            json!({"type": "content_block_stop", "index": index}),
        ]
    });
    blocks.map(event).collect()
}

/// `message_start` to `message_stop`.
pub(super) fn stream(reply: &Reply) -> Events {
    let (block, stop) = match &reply.said {
        Said::Text(_) => (json!({"type": "text", "text": ""}), "end_turn"),
        Said::Call { call, .. } => (
            json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}}),
            "tool_use",
        ),
    };
    let index = u8::from(reply.thinking.is_some());
    let delta = |piece: &String| match &reply.said {
        Said::Text(_) => json!({"type": "text_delta", "text": piece}),
        Said::Call { .. } => json!({"type": "input_json_delta", "partial_json": piece}),
    };
    let deltas = reply.said.pieces().iter().map(|piece| {
        event(json!({"type": "content_block_delta", "index": index, "delta": delta(piece)}))
    });
    let mut last = json!({
        "type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": null},
    });
    if let Some(usage) = reply.usage {
        last["usage"] = json!({"output_tokens": usage.completion_tokens});
    }
    let mut opening = vec![event(start(reply))];
    opening.extend(reply.thinking.iter().flat_map(|text| thinking(text)));
    opening.extend([
        event(json!({"type": "content_block_start", "index": index, "content_block": block})),
        event(json!({"type": "ping"})),
    ]);
    let mut closing = vec![event(json!({"type": "content_block_stop", "index": index}))];
    closing.extend(more_blocks(reply.said.more(), usize::from(index) + 1));
    closing.extend([event(last), event(json!({"type": "message_stop"}))]);
    Events {
        opening,
        deltas: deltas.collect(),
        closing,
    }
}

/// A thinking block as the first of a stream.
fn thinking(text: &str) -> [Bytes; 4] {
    let block = json!({"type": "thinking", "thinking": "", "signature": ""});
    let delta =
        |delta: Value| event(json!({"type": "content_block_delta", "index": 0, "delta": delta}));
    [
        event(json!({"type": "content_block_start", "index": 0, "content_block": block})),
        delta(json!({"type": "thinking_delta", "thinking": text})),
        delta(json!({"type": "signature_delta", "signature": SIGNATURE})),
        event(json!({"type": "content_block_stop", "index": 0})),
    ]
}

/// The error object of a status that is not 200.
pub(super) fn error(status: u16) -> Value {
    let (kind, message) = match status {
        400 => (
            "invalid_request_error",
            "prompt is too long: 200001 tokens > 200000 maximum",
        ),
        401 => ("authentication_error", "invalid x-api-key"),
        429 => (
            "rate_limit_error",
            "This request would exceed your rate limit.",
        ),
        529 => ("overloaded_error", "Overloaded"),
        _ => ("api_error", "Internal server error"),
    };
    json!({"type": "error", "error": {"type": kind, "message": message}})
}

/// What comes in place of the next event when the model fails in the middle of a stream.
pub(super) fn error_event() -> Bytes {
    event(error(529))
}

/// An event that is no JSON.
pub(super) fn malformed_event() -> Bytes {
    Bytes::from_static(b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\n\n")
}

fn start(reply: &Reply) -> Value {
    let mut message = json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
    });
    if let Some(usage) = reply.usage {
        message["usage"] = usage_object(usage, 1, reply.cached);
    }
    json!({"type": "message_start", "message": message})
}

fn usage_object(usage: Usage, output_tokens: u64, [read, written]: [u64; 2]) -> Value {
    json!({
        "input_tokens": usage.prompt_tokens,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": output_tokens,
        "service_tier": "standard",
    })
}

/// The event's name is its data's `type`.
fn event(data: Value) -> Bytes {
    let name = data["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}
