//! Requests that are wrong: 400, naming the field, and no call upstream.

use openclaw_conformance::{
    harness::{Account, Mock, chat, hello, tag},
    upstream::Script,
};
use serde_json::{Value, json};

/// A request that says hello, with `field` set; `null` removes it.
fn with(field: &str, value: Value) -> Value {
    let mut body = hello("gpt-4");
    if value.is_null() {
        body.as_object_mut().unwrap().remove(field);
    } else {
        body[field] = value;
    }
    body
}

fn saying(message: Value) -> Value {
    with(
        "messages",
        json!([{"role": "user", "content": "x"}, message]),
    )
}

#[tokio::test]
async fn every_mistake_names_its_field() {
    let account = Account::new().await;
    let cases = [
        (with("model", Value::Null), "model"),
        (with("model", json!(7)), "model"),
        (with("model", json!("")), "model"),
        (with("messages", Value::Null), "messages"),
        (with("messages", json!([])), "messages"),
        (with("messages", json!("hello")), "messages"),
        (with("messages", json!({})), "messages"),
        (saying(json!("hello")), "messages[1]"),
        (
            saying(json!({"role": "robot", "content": "x"})),
            "messages[1].role",
        ),
        (saying(json!({"content": "x"})), "messages[1].role"),
        (saying(json!({"role": "user"})), "messages[1].content"),
        (
            saying(json!({"role": "user", "content": null})),
            "messages[1].content",
        ),
        (
            saying(json!({"role": "user", "content": 7})),
            "messages[1].content",
        ),
        (
            saying(json!({"role": "user", "content": []})),
            "messages[1].content",
        ),
        (
            saying(json!({"role": "tool", "content": "x"})),
            "messages[1].tool_call_id",
        ),
        (with("temperature", json!(-0.1)), "temperature"),
        (with("temperature", json!(2.1)), "temperature"),
        (with("temperature", json!("hot")), "temperature"),
        (with("top_p", json!(1.1)), "top_p"),
        (with("max_tokens", json!(0)), "max_tokens"),
        (with("max_tokens", json!(-1)), "max_tokens"),
        (with("max_tokens", json!(1.5)), "max_tokens"),
        (with("max_tokens", json!("many")), "max_tokens"),
        (
            with("max_completion_tokens", json!(0)),
            "max_completion_tokens",
        ),
        (with("n", json!(0)), "n"),
        (with("stream", json!("yes")), "stream"),
        (with("tools", json!({})), "tools"),
        (with("presence_penalty", json!(3)), "presence_penalty"),
        (with("response_format", json!("json")), "response_format"),
    ];
    for (body, field) in cases {
        account.client.chat(&body).await.blames(field);
        let mut streamed = body.clone();
        if field != "stream" {
            streamed["stream"] = true.into();
        }
        account.client.chat(&streamed).await.blames(field);
        account
            .client
            .post("/v1/chat/completions/stream", &body)
            .await
            .blames(field);
    }
    for body in [json!([]), json!("x"), json!(null), json!(7)] {
        account.client.chat(&body).await.blames("body");
    }
}

#[tokio::test]
async fn the_bounds_themselves_are_allowed() {
    let account = Account::new().await;
    for body in [
        with("temperature", json!(0)),
        with("temperature", json!(2)),
        with("max_tokens", json!(1)),
        with("max_tokens", json!(8192)),
        with("temperature", json!(null)),
        saying(json!({"role": "developer", "content": "x"})),
    ] {
        account.client.chat(&body).await.ok();
    }
}

#[tokio::test]
async fn max_tokens_above_the_models_limit_is_named() {
    let account = Account::new().await;
    for (model, most) in [("short-writer", 16), ("claude-3", 4096), ("gpt-4", 8192)] {
        for field in ["max_tokens", "max_completion_tokens"] {
            let mut body = hello(model);
            body[field] = json!(most + 1);
            let failure = account.client.chat(&body).await.fails("invalid_request");
            failure.names(field);
            assert!(failure.message.contains(&most.to_string()), "{failure:?}");
            body[field] = json!(most);
            account.client.chat(&body).await.ok();
        }
    }
}

#[tokio::test]
async fn nothing_wrong_reaches_the_provider() {
    let account = Account::new().await;
    let tag = tag("wrong");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let mut body = chat("gpt-4", &script);
    body["temperature"] = 3.into();
    account.client.chat(&body).await.blames("temperature");
    let path = "/v1/chat/completions/stream";
    account.client.post(path, &body).await.blames("temperature");
    let mut body = chat("nothing", &script);
    account.client.chat(&body).await.fails("invalid_model");
    body["model"] = "gpt-4".into();
    account
        .client_with("wrong")
        .chat(&body)
        .await
        .fails("unauthorized");
    assert_eq!(Mock::get().report(&tag).await.requests, 0);
}

#[tokio::test]
async fn the_number_of_messages_and_parts_is_bounded() {
    let account = Account::new().await;
    let message = json!({"role": "user", "content": "x"});
    let part = json!({"type": "text", "text": "x"});
    for messages in [
        vec![message; 20_001],
        vec![json!({"role": "user", "content": vec![part; 20_000]})],
    ] {
        let body = json!({"model": "gpt-4", "messages": messages});
        account.client.chat(&body).await.blames("messages");
    }
}
