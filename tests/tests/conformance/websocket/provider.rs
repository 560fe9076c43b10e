//! Requests that the schema, the gateway or the provider fails: the same errors as REST's.

use super::{streaming, words};
use openclaw_conformance::{
    harness::{Account, Mock, chat, hello, tag},
    upstream::Script,
};
use serde_json::{Value, json};

/// The body without and with `stream`.
fn both(body: &Value) -> [Value; 2] {
    let mut streamed = body.clone();
    streamed["stream"] = true.into();
    [body.clone(), streamed]
}

#[tokio::test]
async fn an_invalid_model_names_those_there_are() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for body in both(&hello("invalid-model")) {
        socket.chat("msg_123", &body).await;
        let told = socket.told().await;
        assert_eq!(told.last()["id"], "msg_123");
        let failure = told.fails("invalid_model");
        let models = failure.details["available_models"]
            .as_array()
            .expect("a list");
        assert!(models.contains(&json!("gpt-4")), "{failure:?}");
    }
}

#[tokio::test]
async fn what_the_schema_refuses_names_the_field() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for (field, value) in [
        ("messages", json!([])),
        (
            "messages[0].role",
            json!([{"role": "king", "content": "x"}]),
        ),
        ("temperature", json!(3)),
        ("max_tokens", json!(0)),
    ] {
        let mut body = hello("gpt-4");
        let name = field.split('[').next().unwrap();
        body[name] = value;
        for body in both(&body) {
            let rest = account.client.chat(&body).await.json();
            socket.chat_wrong("a", &body).await;
            let told = socket.told().await;
            told.fails("invalid_request").names(field);
            assert_eq!(told.last()["error"], rest["error"]);
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_no_boolean_is_refused() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for value in [json!("true"), json!(1), json!({})] {
        let mut body = hello("gpt-4");
        body["stream"] = value;
        socket.chat_wrong("a", &body).await;
        socket.told().await.fails("invalid_request").names("stream");
    }
}

#[tokio::test]
async fn more_than_one_choice_is_refused() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let mut body = hello("gpt-4");
    body["n"] = 2.into();
    for body in both(&body) {
        socket.chat_wrong("a", &body).await;
        let told = socket.told().await;
        assert_eq!(told.last()["id"], "a");
        told.fails("invalid_request").names("n");
    }
    body["n"] = 1.into();
    socket.chat("a", &body).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}

#[tokio::test]
async fn a_provider_that_fails_before_the_first_token_is_an_error() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let mut requests = 0;
    for (model, provider) in [("flaky", "mock-openai"), ("flaky-claude", "mock-anthropic")] {
        let script = Script {
            status: Some(500),
            ..Script::default()
        };
        for body in both(&chat(model, &script)) {
            socket.chat("a", &body).await;
            let told = socket.told().await;
            assert_eq!(told.frames.len(), 1);
            let failure = told.fails("provider_error");
            assert_eq!(failure.details["provider"], provider);
            assert_eq!(failure.details["status"], 500);
            requests += 1;
        }
    }
    let usage = account.usage(requests).await;
    assert_eq!(
        (&usage["total_requests"], &usage["errors"]),
        (&json!(requests), &json!(requests))
    );
}

#[tokio::test]
async fn a_provider_that_fails_in_the_middle_is_an_error_behind_its_text() {
    for model in ["flaky", "flaky-claude"] {
        let failures = [
            (
                "provider_error",
                Script {
                    cut_after: Some(2),
                    ..words(5, 30)
                },
            ),
            (
                "provider_error",
                Script {
                    malformed_after: Some(2),
                    ..words(5, 30)
                },
            ),
            (
                "provider_error",
                Script {
                    error_event_after: Some(2),
                    ..words(5, 30)
                },
            ),
            (
                "provider_timeout",
                Script {
                    stall_after: Some(2),
                    ..words(5, 30)
                },
            ),
        ];
        for (code, script) in failures {
            let (account, tag) = (Account::new().await, tag("ws-midstream"));
            let mut socket = account.client.socket().await;
            let script = Script {
                tag: tag.clone(),
                ..script
            };
            socket.chat("a", &streaming(model, &script)).await;
            let told = socket.told().await;
            assert_eq!(told.joined(), "w0 w1 ", "{model}");
            told.fails(code);
            assert_eq!(Mock::get().report(&tag).await.requests, 1);
            let usage = account.usage(1).await;
            assert_eq!(
                (&usage["total_requests"], &usage["errors"]),
                (&json!(1), &json!(1))
            );
        }
    }
}

#[tokio::test]
async fn a_failure_behind_a_long_silence_is_an_error() {
    // The stream was opened with a heartbeat by then.
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let script = Script {
        head_delay_ms: 700,
        status: Some(500),
        ..Script::default()
    };
    socket.chat("a", &streaming("flaky", &script)).await;
    let told = socket.told().await;
    assert_eq!(told.frames.len(), 1);
    told.fails("provider_error");
}

#[tokio::test]
async fn the_next_request_is_not_bothered() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.chat("a", &hello("down")).await;
    assert_eq!(socket.told().await.last()["type"], "error");
    socket.chat("a", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}
