//! Answers as compatible servers really send them.

use openclaw_conformance::{
    harness::{Account, Ended, Mock, Transcript, chat, tag},
    upstream::{Coding, Script},
};
use serde_json::{Value, json};

/// An event of a stream.
fn chunk(delta: Value, finish: Value) -> String {
    let choices = json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
    let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices});
    format!("data: {chunk}\n\n")
}

fn role() -> String {
    chunk(json!({"role": "assistant", "content": ""}), Value::Null)
}

fn text(text: &str) -> String {
    chunk(json!({"content": text}), Value::Null)
}

fn finish() -> String {
    chunk(json!({}), json!("stop"))
}

const DONE: &str = "data: [DONE]\n\n";
const EVENTS: &str = "text/event-stream";

const WHOLE: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}"#;

/// A provider that answers 200 with these bytes under this label.
fn answering(kind: &str, body: &str) -> Script {
    Script {
        tag: tag("compatible"),
        status: Some(200),
        body: Some(body.into()),
        headers: [("content-type".into(), kind.into())].into(),
        ..Script::default()
    }
}

async fn streamed(script: &Script) -> Transcript {
    let mut body = chat("flaky", script);
    body["stream_options"] = json!({"include_usage": true});
    Account::new().await.client.stream_openai(&body).await
}

/// The stream is whole, says this, and was asked for once.
async fn streams(script: &Script, said: &str) -> Vec<Value> {
    let stream = streamed(script).await;
    assert_eq!(stream.ended, Ended::Whole);
    assert_eq!(stream.text(), said, "{script:?}");
    assert_eq!(stream.last_line(), "data: [DONE]");
    assert_eq!(Mock::get().report(&script.tag).await.requests, 1);
    stream.events()
}

#[tokio::test]
async fn a_usage_chunk_whose_choices_are_null_ends_a_whole_answer() {
    let usage = r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":null,"usage":{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13}}"#;
    let body = [
        role(),
        text("Hello"),
        finish(),
        format!("data: {usage}\n\n"),
        DONE.into(),
    ]
    .concat();
    let events = streams(&answering(EVENTS, &body), "Hello").await;
    let last = events.last().unwrap();
    assert_eq!(
        (&last["choices"], &last["usage"]["completion_tokens"]),
        (&json!([]), &json!(3))
    );
}

#[tokio::test]
async fn an_empty_finish_reason_is_no_end() {
    let body = [text("Hel"), chunk(json!({"content": "lo wor"}), json!(""))].concat();
    let stream = streamed(&answering(EVENTS, &body)).await;
    assert_eq!(stream.text(), "Hello wor");
    stream.fails_in_openai("provider_error");
}

#[tokio::test]
async fn what_is_no_chunk_is_passed_over() {
    let odd = "data: \n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n";
    let body = [odd, &role(), odd, &text("Hello"), odd, &finish(), odd, DONE].concat();
    streams(&answering(EVENTS, &body), "Hello").await;
}

#[tokio::test]
async fn a_stream_is_one_whatever_its_label() {
    let body = [role(), text("Hello"), finish(), DONE.into()].concat();
    for kind in ["text/plain; charset=utf-8", "application/json"] {
        streams(&answering(kind, &body), "Hello").await;
    }
}

#[tokio::test]
async fn a_whole_answer_to_a_stream_is_given_as_one() {
    let events = streams(&answering("application/json", WHOLE), "Hello").await;
    assert_eq!(events.last().unwrap()["usage"]["total_tokens"], 13);
    let finished = |event: &&Value| event["choices"][0]["finish_reason"] == "stop";
    assert_eq!(events.iter().filter(finished).count(), 1);
}

#[tokio::test]
async fn a_stream_in_place_of_a_whole_answer_is_put_together() {
    let body = [role(), text("Hel"), text("lo"), finish(), DONE.into()].concat();
    let script = answering(EVENTS, &body);
    let account = Account::new().await;
    let answer = account.client.chat(&chat("flaky", &script)).await.ok();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello");
    assert!(answer["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert_eq!(Mock::get().report(&script.tag).await.requests, 1);
}

#[tokio::test]
async fn a_picture_within_an_event_passes() {
    // Escaped twice in the prompt that scripts it, so it must stay well below a body's limit.
    let url = format!("data:image/png;base64,{}", "A".repeat(1_200_000));
    let picture = chunk(
        json!({"images": [{"type": "image_url", "image_url": {"url": url}}]}),
        Value::Null,
    );
    let body = [picture, finish(), DONE.into()].concat();
    let events = streams(&answering(EVENTS, &body), "").await;
    let shown = &events[0]["choices"][0]["delta"]["images"][0]["image_url"]["url"];
    assert_eq!(shown.as_str().map(str::len), Some(url.len()));
}

#[tokio::test]
async fn a_number_that_is_none_becomes_null() {
    let event = r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-Infinity}]}}]}"#;
    let body = [&format!("{event}\n\n"), &finish(), DONE].concat();
    let events = streams(&answering(EVENTS, &body), "a").await;
    assert!(events[0]["choices"][0]["logprobs"]["content"][0]["logprob"].is_null());
}

#[tokio::test]
async fn calls_of_tools_are_numbered_by_their_ids() {
    let call = |id: &str, name: &str, mut rest: Value| {
        rest["id"] = id.into();
        rest["type"] = "function".into();
        rest["function"] = json!({"name": name, "arguments": "{}"});
        chunk(json!({"tool_calls": [rest]}), Value::Null)
    };
    for index in [json!({}), json!({"index": 0})] {
        let calls = [call("a", "f", index.clone()), call("b", "g", index)].concat();
        let body = [&calls, &chunk(json!({}), json!("tool_calls")), DONE].concat();
        let events = streams(&answering(EVENTS, &body), "").await;
        let indices: Vec<_> = events[..2]
            .iter()
            .map(|event| event["choices"][0]["delta"]["tool_calls"][0]["index"].clone())
            .collect();
        assert_eq!(indices, [json!(0), json!(1)]);
    }
}

#[tokio::test]
async fn a_stream_of_nothing_but_its_end_is_no_answer() {
    for body in [DONE.to_owned(), [&role(), DONE].concat()] {
        let script = answering(EVENTS, &body);
        let mut request = chat("flaky", &script);
        request["stream"] = true.into();
        let account = Account::new().await;
        account.client.chat(&request).await.fails("provider_error");
        assert!(
            Mock::get().report(&script.tag).await.requests > 1,
            "it is tried again"
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_compressed_unasked_is_decoded() {
    let account = Account::new().await;
    for (name, coding) in [
        ("gzip", Coding::Gzip),
        ("deflate", Coding::Deflate),
        ("zstd", Coding::Zstd),
        ("br", Coding::Brotli),
    ] {
        let compressed = |kind: &str, body: &str| {
            let mut script = answering(kind, body);
            script.coding = Some(coding);
            script
                .headers
                .insert("content-encoding".into(), name.into());
            script
        };
        let script = compressed("application/json", WHOLE);
        let answer = account.client.chat(&chat("flaky", &script)).await.ok();
        assert_eq!(
            answer["choices"][0]["message"]["content"], "Hello",
            "{name}"
        );
        let body = [role(), text("Hello"), finish(), DONE.into()].concat();
        streams(&compressed(EVENTS, &body), "Hello").await;
    }
}
