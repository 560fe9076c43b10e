//! What vendors send that is right and unusual, and requests as clients really write them.

use openclaw_conformance::{
    harness::{Account, Ended, Mock, Transcript, chat, tag},
    upstream::Script,
};
use serde_json::{Value, json};

/// A provider that answers 200 with these bytes.
fn answering(kind: &str, body: &str) -> Script {
    Script {
        tag: tag("vendors"),
        status: Some(200),
        body: Some(body.into()),
        headers: [("content-type".into(), kind.into())].into(),
        ..Script::default()
    }
}

fn chunk(choices: Value) -> String {
    json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices})
        .to_string()
}

/// An event with one choice.
fn event(delta: Value, finish: Value) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
    format!("data: {}\n\n", chunk(json!([choice])))
}

fn text(text: &str) -> String {
    event(json!({ "content": text }), Value::Null)
}

fn stop() -> String {
    event(json!({}), json!("stop"))
}

async fn streamed(body: &str) -> Transcript {
    let script = answering("text/event-stream", body);
    let account = Account::new().await;
    account.client.stream_openai(&chat("flaky", &script)).await
}

/// The stream is whole and says this.
async fn says(body: &str, said: &str) {
    let stream = streamed(body).await;
    assert_eq!(stream.ended, Ended::Whole, "{body}");
    assert_eq!(stream.text(), said, "{body}");
    assert_eq!(stream.last_line(), "data: [DONE]");
}

#[tokio::test]
async fn events_are_those_of_the_standard() {
    let plain = [text("Hel"), text("lo"), stop(), "data: [DONE]\n\n".into()].concat();
    let unspaced = plain.replace("data: ", "data:");
    for body in [
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        unspaced,
        format!("\u{feff}{plain}"),
        format!(": OPENROUTER PROCESSING\n\n{plain}"),
        plain.replace("data: {", ": x\nid: 1\nretry: 5\nevent: message\ndata: {"),
        // The end mark may be missing once every choice has finished.
        plain.replace("data: [DONE]\n\n", ""),
    ] {
        says(&body, "Hello").await;
    }
}

#[tokio::test]
async fn azures_first_chunk_shows_nothing_and_is_no_answer() {
    let filter = r#"data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"#;
    says(
        &[format!("{filter}\n\n"), text("Hello"), stop()].concat(),
        "Hello",
    )
    .await;
    let script = answering("text/event-stream", &format!("{filter}\n\n"));
    let mut body = chat("flaky", &script);
    body["stream"] = true.into();
    let account = Account::new().await;
    // Where the machine is so slow that a heartbeat was due, it is an event.
    let told = account.client.chat(&body).await.text();
    assert!(
        told.contains("\"provider_error\"") && !told.contains("[DONE]"),
        "{told}"
    );
    assert!(Mock::get().report(&script.tag).await.requests > 1);
}

#[tokio::test]
async fn an_index_of_null_is_the_first_choice() {
    let choice = json!({"index": null, "delta": {"content": "Hello"}, "finish_reason": "stop"});
    says(&format!("data: {}\n\n", chunk(json!([choice]))), "Hello").await;
}

#[tokio::test]
async fn blank_lines_before_a_plain_answer_are_signs_of_life() {
    let whole = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]});
    let script = answering("application/json", &format!("\n\n \n\n{whole}"));
    let account = Account::new().await;
    let answer = account.client.chat(&chat("flaky", &script)).await.ok();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello");
    assert_eq!(Mock::get().report(&script.tag).await.requests, 1);
}

/// The seed's clients print what they find, and read the last line for the end.
#[tokio::test]
async fn the_seeds_lines_have_no_null_and_keep_their_order() {
    let call = json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": ""}});
    let first = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let body = [
        event(first, Value::Null),
        event(json!({"content": "A"}), json!("stop")),
        text("B"),
        "data: [DONE]\n\n".into(),
    ];
    let script = answering("text/event-stream", &body.concat());
    let account = Account::new().await;
    let stream = account.client.stream_seed(&chat("flaky", &script)).await;
    let events = stream.events();
    for event in &events {
        let content = event["choices"][0]["delta"].get("content");
        assert!(content.is_none_or(Value::is_string), "{event}");
    }
    assert_eq!(stream.text(), "AB");
    let (last, before) = events.split_last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert!(last["usage"]["total_tokens"].is_u64(), "{last}");
    assert!(
        before
            .iter()
            .all(|event| event["choices"][0]["finish_reason"].is_null())
    );
}

#[tokio::test]
async fn a_picture_may_be_a_text_and_what_is_nullable_null() {
    let account = Account::new().await;
    for model in ["gpt-4", "claude-3"] {
        let tag = tag("nullable");
        let script = Script {
            tag: tag.clone(),
            ..Script::default()
        };
        let echoed = json!({"role": "assistant", "content": "Hi", "refusal": null, "audio": null,
            "function_call": null, "tool_calls": null, "annotations": []});
        let mut body = json!({"model": model, "messages": [
            {"role": "user", "content": "x"},
            echoed,
            {"role": "user", "content": [
                {"type": "text", "text": script.message()},
                {"type": "image_url", "image_url": "https://example.com/a.png"},
            ]},
        ]});
        for name in [
            "temperature",
            "top_p",
            "n",
            "stop",
            "max_tokens",
            "max_completion_tokens",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "response_format",
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "seed",
            "user",
            "metadata",
            "stream",
            "stream_options",
            "service_tier",
            "store",
            "reasoning_effort",
            "modalities",
            "audio",
            "prediction",
            "presence_penalty",
            "frequency_penalty",
        ] {
            body[name] = Value::Null;
        }
        account.client.chat(&body).await.ok();
        let seen = Mock::get().report(&tag).await.seen.remove(0).body;
        let sent = seen["messages"].to_string();
        assert!(sent.contains("https://example.com/a.png"), "{sent}");
        // Without `stream` its options say nothing.
        body["stream_options"] = json!({"include_usage": true});
        body["tools"] = json!([]);
        account.client.chat(&body).await.ok();
    }
}
