//! OpenAI's endpoints beside the chat's, and Anthropic's counting, as they answer. A request is
//! recorded under its `user`, a form under its `prompt`.

use super::play::Step;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Response, header};
use serde_json::{Value, json};

/// The bytes of all speech.
pub(super) const SPEECH: &[u8] = b"ID3\x04\x00 not really a sound";

/// Where a request is recorded, and how.
pub(super) fn record(path: &str, headers: &HeaderMap, body: &Bytes) -> Option<(String, Value)> {
    if path == "/v1/audio/transcriptions" {
        let text = String::from_utf8_lossy(body).into_owned();
        let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let tag = text.split("name=\"prompt\"\r\n\r\n").nth(1)?;
        let tag = tag.split("\r\n").next()?.to_owned();
        return Some((tag, json!({"content_type": kind, "text": text})));
    }
    let body: Value = serde_json::from_slice(body).ok()?;
    let user = body["user"]
        .as_str()
        .or(body["metadata"]["user_id"].as_str())?;
    Some((user.to_owned(), body.clone()))
}

/// The answer at a path of one of them; `None` at any other.
pub(super) fn answer(path: &str, body: &Bytes) -> Option<Response<Vec<Step>>> {
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    let json = |answer: Value| Some(whole("application/json", answer.to_string().into()));
    match path.strip_prefix("/v1")? {
        "/responses" => Some(response(&read)),
        "/embeddings" => json(embeddings(&read)),
        "/completions" => Some(completion(&read)),
        "/messages/count_tokens" => json(json!({"input_tokens": 4242})),
        "/moderations" => json(json!({"id": "modr-1", "model": read["model"], "results": [
            {"flagged": true, "categories": {"violence": true}, "category_scores": {"violence": 0.9}},
        ]})),
        "/rerank" => json(
            json!({"model": read["model"], "usage": {"total_tokens": 20}, "results": [
                {"index": 1, "relevance_score": 0.98}, {"index": 0, "relevance_score": 0.1},
            ]}),
        ),
        "/images/generations" => json(
            json!({"created": 1, "data": [{"b64_json": "aGk="}], "usage": {
                "input_tokens": 10, "output_tokens": 1056, "total_tokens": 1066,
                "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
            }}),
        ),
        "/audio/speech" => Some(whole("audio/mpeg", Bytes::from_static(SPEECH))),
        "/audio/transcriptions" => json(json!({"text": "hello", "usage":
            {"type": "tokens", "input_tokens": 14, "output_tokens": 45, "total_tokens": 59,
             "input_token_details": {"text_tokens": 0, "audio_tokens": 14}}})),
        _ => None,
    }
}

fn whole(kind: &'static str, body: Bytes) -> Response<Vec<Step>> {
    let mut response = Response::new(vec![Step::Write(body)]);
    let kind = http::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// A response of one message.
fn response(request: &Value) -> Response<Vec<Step>> {
    let part = json!({"type": "output_text", "text": "from afar", "annotations": []});
    let item = json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
        "content": [part]});
    let whole_response = |status: &str, output: Vec<Value>| {
        json!({"id": "resp_upstream", "object": "response", "created_at": 1, "status": status,
            "model": request["model"], "output": output, "store": request["store"], "error": null})
    };
    let mut done = whole_response("completed", vec![item.clone()]);
    done["usage"] = json!({"input_tokens": 9, "output_tokens": 4, "total_tokens": 13});
    if request["stream"] != true {
        return whole("application/json", done.to_string().into());
    }
    let begun = whole_response("in_progress", vec![]);
    let events = [
        json!({"type": "response.created", "sequence_number": 0, "response": begun}),
        json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
            "item": {"id": "msg_1", "type": "message", "content": []}}),
        json!({"type": "response.output_text.delta", "sequence_number": 2, "item_id": "msg_1",
            "output_index": 0, "content_index": 0, "delta": "from afar"}),
        json!({"type": "response.output_item.done", "sequence_number": 3, "output_index": 0, "item": item}),
        json!({"type": "response.completed", "sequence_number": 4, "response": done}),
    ];
    let events = events.iter().map(|event| {
        let kind = event["type"].as_str().unwrap_or_default();
        format!("event: {kind}\ndata: {event}\n\n")
    });
    whole("text/event-stream", events.collect::<String>().into())
}

/// Two numbers a text, as numbers or as base64 of their bytes.
fn embeddings(request: &Value) -> Value {
    let vector = [0.25f32, -1.5];
    let texts = request["input"].as_array().map_or(1, Vec::len);
    let shown = match request["encoding_format"].as_str() {
        Some("base64") => {
            let bytes: Vec<_> = vector
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect();
            json!(STANDARD.encode(bytes))
        }
        _ => json!(vector),
    };
    let data = (0..texts).map(|at| json!({"object": "embedding", "index": at, "embedding": shown}));
    let data: Vec<_> = data.collect();
    json!({"object": "list", "model": request["model"], "data": data,
        "usage": {"prompt_tokens": 8, "total_tokens": 8}})
}

fn completion(request: &Value) -> Response<Vec<Step>> {
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7});
    let part = |choices: Value| {
        json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": request["model"],
            "choices": choices})
    };
    let choice = |text: &str, reason: Value| json!([{"index": 0, "text": text, "logprobs": null, "finish_reason": reason}]);
    if request["stream"] != true {
        let mut answer = part(choice(" jumps over", json!("stop")));
        answer["usage"] = usage;
        return whole("application/json", answer.to_string().into());
    }
    let mut last = part(json!([]));
    last["usage"] = usage;
    let mut parts = vec![
        part(choice(" jumps", Value::Null)),
        part(choice(" over", json!("stop"))),
    ];
    if request["stream_options"]["include_usage"] == true {
        parts.push(last);
    }
    let events: String = parts
        .iter()
        .map(|part| format!("data: {part}\n\n"))
        .collect();
    whole(
        "text/event-stream",
        format!("{events}data: [DONE]\n\n").into(),
    )
}
