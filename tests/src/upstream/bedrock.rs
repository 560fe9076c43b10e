//! Bedrock's wire format: Converse as JSON, ConverseStream in Amazon's event stream
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html>).

use super::{
    reply::{Events, Reply, Said},
    script::{ToolCall, Usage},
};
use bytes::Bytes;
use flate2::Crc;
use serde_json::{Value, json};

/// The signature of all thinking.
const SIGNATURE: &str = "EqoBCkgIARABGAIiQL2UoU0b1OHYi";

/// An answer of Converse.
pub(super) fn plain(reply: &Reply) -> Value {
    let thinking = reply.thinking.as_ref();
    let thinking = thinking.map(|text| {
        let text = json!({"text": text, "signature": SIGNATURE});
        json!({"reasoningContent": {"reasoningText": text}})
    });
    let (block, stop) = match &reply.said {
        Said::Text(pieces) => (json!({"text": pieces.concat()}), "end_turn"),
        Said::Call { call, .. } => (tool_use(call), "tool_use"),
    };
    let more = reply.said.more().iter().map(tool_use);
    let content: Vec<_> = thinking.into_iter().chain([block]).chain(more).collect();
    let mut answer = json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop,
        "metrics": {"latencyMs": 551},
    });
    if let Some(usage) = reply.usage {
        answer["usage"] = usage_object(usage, reply.cached);
    }
    answer
}

fn tool_use(call: &ToolCall) -> Value {
    json!({"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.arguments}})
}

/// `messageStart` to `metadata`. Only calls say that a block begins.
pub(super) fn stream(reply: &Reply) -> Events {
    let mut opening = vec![event("messageStart", &json!({"role": "assistant"}))];
    if let Some(text) = &reply.thinking {
        for piece in [json!({"text": text}), json!({"signature": SIGNATURE})] {
            opening.push(delta(0, &json!({"reasoningContent": piece})));
        }
        opening.push(stopped(0));
    }
    let first = usize::from(reply.thinking.is_some());
    let (deltas, stop): (Vec<_>, _) = match &reply.said {
        Said::Text(pieces) => {
            let pieces = pieces.iter();
            let deltas = pieces.map(|piece| delta(first, &json!({"text": piece})));
            (deltas.collect(), "end_turn")
        }
        Said::Call { call, pieces, .. } => {
            opening.push(started(first, call));
            let pieces = pieces.iter();
            let deltas = pieces.map(|piece| delta(first, &json!({"toolUse": {"input": piece}})));
            (deltas.collect(), "tool_use")
        }
    };
    let mut closing = vec![stopped(first)];
    for (at, call) in reply.said.more().iter().enumerate() {
        let (at, input) = (first + 1 + at, call.arguments.to_string());
        let input = delta(at, &json!({"toolUse": {"input": input}}));
        closing.extend([started(at, call), input, stopped(at)]);
    }
    closing.push(event("messageStop", &json!({"stopReason": stop})));
    let mut last = json!({"metrics": {"latencyMs": 551}});
    if let Some(usage) = reply.usage {
        last["usage"] = usage_object(usage, reply.cached);
    }
    closing.push(event("metadata", &last));
    Events {
        opening,
        deltas,
        closing,
    }
}

fn started(at: usize, call: &ToolCall) -> Bytes {
    let start = json!({"toolUse": {"toolUseId": call.id, "name": call.name}});
    event(
        "contentBlockStart",
        &json!({"contentBlockIndex": at, "start": start}),
    )
}

fn delta(at: usize, delta: &Value) -> Bytes {
    event(
        "contentBlockDelta",
        &json!({"contentBlockIndex": at, "delta": delta}),
    )
}

fn stopped(at: usize) -> Bytes {
    event("contentBlockStop", &json!({"contentBlockIndex": at}))
}

fn usage_object(usage: Usage, [read, written]: [u64; 2]) -> Value {
    json!({
        "inputTokens": usage.prompt_tokens,
        "outputTokens": usage.completion_tokens,
        "totalTokens": usage.prompt_tokens + usage.completion_tokens,
        "cacheReadInputTokens": read,
        "cacheWriteInputTokens": written,
    })
}

/// The error object of a status that is not 200.
pub(super) fn error(status: u16) -> Value {
    let message = match status {
        400 => "Input is too long for requested model.",
        403 => "The security token included in the request is invalid.",
        429 => "Too many requests, please wait before trying again.",
        503 => "Bedrock is unable to process your request.",
        _ => {
            "The system encountered an unexpected error during processing. Try your request again."
        }
    };
    json!({"message": message})
}

/// What comes in place of the next event when the model fails in the middle of a stream.
pub(super) fn error_event() -> Bytes {
    let kind = [
        (":exception-type", "internalServerException"),
        (":message-type", "exception"),
    ];
    frame(&kind, error(500).to_string().as_bytes())
}

/// A frame whose checksum is another one's.
pub(super) fn malformed_event() -> Bytes {
    let mut frame = delta(0, &json!({"text": "x"})).to_vec();
    if let Some(last) = frame.last_mut() {
        *last ^= 1;
    }
    frame.into()
}

/// `p` is filled so that the length of a frame does not tell that of its text.
fn event(name: &str, data: &Value) -> Bytes {
    let mut data = data.clone();
    data["p"] = "abcdefghijklmnop".into();
    let kind = [(":event-type", name), (":message-type", "event")];
    frame(&kind, data.to_string().as_bytes())
}

/// A message of Amazon's event stream: lengths, their checksum, headers, payload, the checksum of all.
fn frame(kind: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let mut headers = vec![];
    for (name, value) in kind.iter().chain(&[(":content-type", "application/json")]) {
        headers.extend(
            u8::try_from(name.len())
                .expect("a short name")
                .to_be_bytes(),
        );
        headers.extend(name.as_bytes());
        // A text.
        headers.push(7);
        headers.extend(
            u16::try_from(value.len())
                .expect("a short value")
                .to_be_bytes(),
        );
        headers.extend(value.as_bytes());
    }
    let length = |bytes: usize| u32::try_from(bytes).expect("a short frame").to_be_bytes();
    let mut frame = length(12 + headers.len() + payload.len() + 4).to_vec();
    frame.extend(length(headers.len()));
    frame.extend(checksum(&frame));
    frame.extend(headers);
    frame.extend(payload);
    frame.extend(checksum(&frame));
    frame.into()
}

/// CRC-32, as gzip has it.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_be_bytes()
}
