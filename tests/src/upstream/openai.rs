//! OpenAI's wire format: <https://platform.openai.com/docs/api-reference/chat>.

use super::{
    reply::{Events, Reply, Said},
    script::{ToolCall, Usage},
};
use bytes::Bytes;
use serde_json::{Value, json};

const ID: &str = "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT";
const CREATED: u64 = 1_741_569_952;

/// A `chat.completion`.
pub(super) fn plain(reply: &Reply) -> Value {
    let (content, tool_calls, finish) = match &reply.said {
        Said::Text(pieces) => (json!(pieces.concat()), None, "stop"),
        Said::Call { call, more, .. } => {
            let calls = std::iter::once(call).chain(more).map(function);
            (Value::Null, Some(calls.collect::<Value>()), "tool_calls")
        }
    };
    let mut message =
        json!({"role": "assistant", "content": content, "refusal": null, "annotations": []});
    if let Some(calls) = tool_calls {
        message["tool_calls"] = calls;
    }
    let mut completion = json!({
        "id": ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": reply.model,
        "choices": [
            {"index": 0, "message": message, "logprobs": null, "finish_reason": finish},
        ],
        "service_tier": "default",
    });
    if let Some(usage) = reply.usage {
        completion["usage"] = usage_object(usage);
    }
    completion
}

/// A whole call.
fn function(call: &ToolCall) -> Value {
    json!({
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments.to_string()},
    })
}

/// The stream's chunks: role, content, finish, usage when it was asked for, `[DONE]`.
pub(super) fn stream(reply: &Reply, include_usage: bool) -> Events {
    let chunk = |delta: Value, finish: Option<&str>| {
        let choices = json!([
            {"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish},
        ]);
        event(&chunk_object(reply, choices, include_usage))
    };
    let (opening, mut deltas, finish) = match &reply.said {
        Said::Text(pieces) => (
            json!({"role": "assistant", "content": "", "refusal": null}),
            pieces
                .iter()
                .map(|piece| chunk(json!({"content": piece}), None))
                .collect::<Vec<_>>(),
            "stop",
        ),
        Said::Call { call, pieces, .. } => (
            json!({"role": "assistant", "content": null, "tool_calls": [{
                "index": 0,
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": ""},
            }]}),
            pieces
                .iter()
                .map(|piece| {
                    let call = json!({"index": 0, "function": {"arguments": piece}});
                    chunk(json!({"tool_calls": [call]}), None)
                })
                .collect(),
            "tool_calls",
        ),
    };
    deltas.extend(reply.said.more().iter().enumerate().map(|(at, call)| {
        let mut call = function(call);
        call["index"] = (at + 1).into();
        chunk(json!({"tool_calls": [call]}), None)
    }));
    let mut closing = vec![chunk(json!({}), Some(finish))];
    if let (true, Some(usage)) = (include_usage, reply.usage) {
        let mut last = chunk_object(reply, json!([]), true);
        last["usage"] = usage_object(usage);
        closing.push(event(&last));
    }
    closing.push(Bytes::from_static(b"data: [DONE]\n\n"));
    Events {
        opening: vec![chunk(opening, None)],
        deltas,
        closing,
    }
}

/// The error object of a status that is not 200.
pub(super) fn error(status: u16) -> Value {
    let (kind, code, message) = match status {
        400 => (
            "invalid_request_error",
            json!("context_length_exceeded"),
            "This model's maximum context length is 8192 tokens.",
        ),
        401 => (
            "invalid_request_error",
            json!("invalid_api_key"),
            "Incorrect API key provided.",
        ),
        429 => (
            "requests",
            json!("rate_limit_exceeded"),
            "Rate limit reached for gpt-4.",
        ),
        _ => (
            "server_error",
            Value::Null,
            "The server had an error while processing your request.",
        ),
    };
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

/// The event in place of the next chunk when the model fails in the middle of a stream.
pub(super) fn error_event() -> Bytes {
    event(&error(500))
}

/// An event that is no JSON.
pub(super) fn malformed_event() -> Bytes {
    Bytes::from_static(b"data: {\"id\":\"chatcmpl-\",\"choices\":[{\"delta\":{\"content\n\n")
}

fn chunk_object(reply: &Reply, choices: Value, include_usage: bool) -> Value {
    let mut chunk = json!({
        "id": ID,
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": reply.model,
        "service_tier": "default",
        "choices": choices,
    });
    if include_usage {
        chunk["usage"] = Value::Null;
    }
    chunk
}

fn usage_object(usage: Usage) -> Value {
    let Usage {
        prompt_tokens,
        completion_tokens,
    } = usage;
    json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    })
}

fn event(data: &Value) -> Bytes {
    format!("data: {data}\n\n").into()
}
