//! Answers as vendors really send them.

use openclaw_conformance::{
    harness::{Account, Told, chat},
    upstream::Script,
};
use serde_json::{Value, json};

/// A stream of chunks with these deltas and finish reasons.
fn stream(choices: &[(Value, Value)]) -> String {
    let mut events = String::new();
    for (delta, finish) in choices {
        let chunk = json!({
            "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        });
        events += &format!("data: {chunk}\n\n");
    }
    events + "data: [DONE]\n\n"
}

/// The frames of a chat whose provider answers with these bytes.
async fn answered(events: String) -> Told {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let script = Script {
        status: Some(200),
        body: Some(events),
        ..Script::default()
    };
    let mut body = chat("gpt-4", &script);
    body["stream"] = true.into();
    socket.chat("a", &body).await;
    socket.told().await
}

fn stop() -> (Value, Value) {
    (json!({}), json!("stop"))
}

#[tokio::test]
async fn an_empty_finish_reason_ends_nothing() {
    let said = |text: &str| (json!({"content": text}), json!(""));
    let told = answered(stream(&[said("Hello"), said(" wor"), said("ld"), stop()])).await;
    told.streams("Hello world");
    assert_eq!(told.last()["finish_reason"], "stop");
}

#[tokio::test]
async fn tool_calls_are_told_apart_by_their_ids() {
    for index in [None, Some(0)] {
        let call = |id: &str, name: &str, arguments: &str| {
            let mut call = json!({
                "id": id, "type": "function",
                "function": {"name": name, "arguments": arguments},
            });
            if let Some(index) = index {
                call["index"] = index.into();
            }
            (json!({"tool_calls": [call]}), Value::Null)
        };
        let told = answered(stream(&[
            call("a", "f", r#"{"x":1}"#),
            call("b", "g", r#"{"y":2}"#),
            (json!({}), json!("tool_calls")),
        ]))
        .await;
        let calls = json!([
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": r#"{"x":1}"#}},
            {"id": "b", "type": "function", "function": {"name": "g", "arguments": r#"{"y":2}"#}},
        ]);
        assert_eq!(told.last()["tool_calls"], calls, "{index:?}");
        let pieces = told.frames.iter();
        let pieces = pieces.filter(|frame| frame["type"] == "chat_chunk");
        let pieces = pieces.flat_map(|frame| frame["tool_calls"].as_array().into_iter().flatten());
        let indices = pieces.map(|piece| piece["index"].as_u64());
        assert_eq!(Vec::from_iter(indices), [Some(0), Some(1)], "{index:?}");
    }
}

#[tokio::test]
async fn a_list_of_parts_is_its_texts_and_its_thoughts() {
    let thinking = json!([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]);
    let told = answered(stream(&[
        (json!({"content": thinking}), Value::Null),
        (json!({"content": "42"}), Value::Null),
        stop(),
    ]))
    .await;
    told.streams("42");
    assert_eq!(told.last()["reasoning"], "hm");
}

#[tokio::test]
async fn half_a_surrogate_pair_waits_for_its_other_half() {
    let events = stream(&[
        (json!({"content": "HIGH"}), Value::Null),
        (json!({"content": "LOW"}), Value::Null),
        stop(),
    ]);
    let events = events.replace("HIGH", "\\ud83d").replace("LOW", "\\ude00");
    let told = answered(events).await;
    told.streams("😀");
    let texts = told
        .frames
        .iter()
        .filter(|frame| frame["type"] == "chat_chunk");
    let texts = texts.filter(|frame| frame["content"] != "");
    assert_eq!(texts.count(), 1, "{told:?}");
}

#[tokio::test]
async fn reasoning_is_shown_while_the_model_thinks() {
    for name in ["reasoning_content", "reasoning"] {
        let told = answered(stream(&[
            (json!({name: "so "}), Value::Null),
            (json!({name: "it is"}), Value::Null),
            (json!({"content": "42"}), Value::Null),
            stop(),
        ]))
        .await;
        told.streams("42");
        let thoughts = told.frames.iter();
        let thoughts = thoughts.filter(|frame| frame["type"] == "chat_chunk");
        let thoughts: String = thoughts
            .filter_map(|frame| frame["reasoning"].as_str())
            .collect();
        assert_eq!(thoughts, "so it is", "{name}");
        assert_eq!(told.last()["reasoning"], "so it is", "{name}");
    }
}
