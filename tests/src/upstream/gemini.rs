//! Gemini's wire format: <https://ai.google.dev/api/generate-content>.

use super::{
    reply::{Events, Reply, Said},
    script::ToolCall,
};
use bytes::Bytes;
use serde_json::{Value, json};

/// The signature of all that was thought.
const SIGNATURE: &str = "CpsCAcu98PBsbm90IGEgcmVhbCBvbmU=";

/// Its turns as the messages that a script is looked for in.
pub(super) fn messages(body: &Value) -> Value {
    let turns = body["contents"].as_array().into_iter().flatten();
    let turns = turns.map(|turn| {
        let role = if turn["role"] == "model" {
            "assistant"
        } else {
            "user"
        };
        json!({"role": role, "content": turn["parts"]})
    });
    json!({"messages": turns.collect::<Vec<_>>()})
}

/// A `GenerateContentResponse`.
pub(super) fn plain(reply: &Reply) -> Value {
    let mut parts: Vec<_> = thought(reply).into_iter().collect();
    match &reply.said {
        Said::Text(pieces) => parts.push(json!({"text": pieces.concat()})),
        Said::Call { .. } => parts.extend(calls(&reply.said)),
    }
    response(reply, json!(parts), true)
}

/// A stream: each event is a response with some of the parts, the last has the reason and the counts. A call
/// comes whole.
pub(super) fn stream(reply: &Reply) -> Events {
    let some = |parts: Value| event(&response(reply, parts, false));
    let deltas = match &reply.said {
        Said::Text(pieces) => pieces
            .iter()
            .map(|piece| some(json!([{"text": piece}])))
            .collect(),
        Said::Call { .. } => calls(&reply.said)
            .into_iter()
            .map(|call| some(json!([call])))
            .collect(),
    };
    Events {
        opening: thought(reply)
            .map(|part| some(json!([part])))
            .into_iter()
            .collect(),
        deltas,
        closing: vec![event(&response(reply, json!([{"text": ""}]), true))],
    }
}

fn thought(reply: &Reply) -> Option<Value> {
    let thinking = reply.thinking.as_ref()?;
    Some(json!({"text": thinking, "thought": true}))
}

fn calls(said: &Said) -> Vec<Value> {
    let Said::Call { call, more, .. } = said else {
        return vec![];
    };
    let part =
        |call: &ToolCall| json!({"functionCall": {"name": call.name, "args": call.arguments}});
    let mut parts: Vec<_> = std::iter::once(call).chain(more).map(part).collect();
    // Only the first of parallel calls has one.
    parts[0]["thoughtSignature"] = SIGNATURE.into();
    parts
}

fn response(reply: &Reply, parts: Value, is_last: bool) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if is_last {
        candidate["finishReason"] = "STOP".into();
    }
    let mut response = json!({
        "candidates": [candidate],
        "modelVersion": reply.model,
        "responseId": "mAitaLmkHPPlz7IPvtfUqQ4",
    });
    if let (true, Some(usage)) = (is_last, reply.usage) {
        let [read, _] = reply.cached;
        response["usageMetadata"] = json!({
            "promptTokenCount": usage.prompt_tokens + read,
            "candidatesTokenCount": usage.completion_tokens,
            "totalTokenCount": usage.prompt_tokens + read + usage.completion_tokens,
            "cachedContentTokenCount": read,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.prompt_tokens + read}],
        });
    }
    response
}

/// The error object of a status that is not 200.
pub(super) fn error(status: u16) -> Value {
    let (kind, message) = match status {
        400 => (
            "INVALID_ARGUMENT",
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
        ),
        401 => (
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials.",
        ),
        429 => ("RESOURCE_EXHAUSTED", "You exceeded your current quota."),
        503 => (
            "UNAVAILABLE",
            "The model is overloaded. Please try again later.",
        ),
        _ => ("INTERNAL", "An internal error has occurred."),
    };
    json!({"error": {"code": status, "message": message, "status": kind}})
}

/// What comes in place of the next event when the model fails in the middle of a stream.
pub(super) fn error_event() -> Bytes {
    event(&error(503))
}

/// An event that is no JSON.
pub(super) fn malformed_event() -> Bytes {
    Bytes::from_static(b"data: {\"candidates\": [{\"content\": {\"par\r\n\r\n")
}

/// Its lines end in CRLF.
fn event(data: &Value) -> Bytes {
    format!("data: {data}\r\n\r\n").into()
}
