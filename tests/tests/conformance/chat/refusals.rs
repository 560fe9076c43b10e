//! Errors keep their meaning, and what failed before anything was shown is retried.

use openclaw_conformance::{
    harness::{Account, Mock, chat, hello, tag},
    upstream::Script,
};
use serde_json::json;
use std::time::{Duration, Instant};

const ROLE: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
const MESSAGE_START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"c\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n";

fn answering(status: u16, body: &str) -> Script {
    Script {
        tag: tag("refusal"),
        status: Some(status),
        body: Some(body.into()),
        ..Script::default()
    }
}

fn events(body: &[&str]) -> Script {
    let mut script = answering(200, &body.concat());
    script.headers = [("content-type".into(), "text/event-stream".into())].into();
    script
}

#[tokio::test]
async fn a_refusal_within_a_200_is_the_callers() {
    let error = r#"{"error":{"message":"temperature is not supported","code":400}}"#;
    let account = Account::new().await;
    for stream in [false, true] {
        let script = match stream {
            true => events(&["data: ", error, "\n\n"]),
            false => answering(200, error),
        };
        let mut body = chat("flaky", &script);
        body["stream"] = stream.into();
        let failure = account.client.chat(&body).await.fails("invalid_request");
        assert!(failure.message.contains("temperature"), "{failure:?}");
        assert_eq!(failure.details["status"], 400);
        assert_eq!(Mock::get().report(&script.tag).await.requests, 1);
    }
}

#[tokio::test]
async fn a_limit_within_a_200_is_told_as_one() {
    let script = answering(
        200,
        r#"{"error":{"message":"Rate limit exceeded","code":429}}"#,
    );
    let account = Account::new().await;
    let failure = account
        .client
        .chat(&chat("flaky", &script))
        .await
        .fails("provider_error");
    assert_eq!(failure.details["status"], 429);
}

#[tokio::test]
async fn an_error_within_a_choice_is_one() {
    let body = r#"{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"error","error":{"code":502,"message":"Upstream idle"}}],"usage":{"prompt_tokens":1,"completion_tokens":0,"total_tokens":1}}"#;
    let script = answering(200, body);
    let account = Account::new().await;
    let failure = account
        .client
        .chat(&chat("flaky", &script))
        .await
        .fails("provider_error");
    assert_eq!(failure.details["status"], 502);
    assert!(
        Mock::get().report(&script.tag).await.requests > 1,
        "it is tried again"
    );
}

#[tokio::test]
async fn what_a_request_is_refused_for_does_not_move_the_others() {
    let account = Account::new().await;
    for (status, code) in [(400, "invalid_request"), (422, "invalid_request")] {
        for _ in 0..4 {
            let script = answering(status, r#"{"error":{"message":"no"}}"#);
            account
                .client
                .chat(&chat("refusing", &script))
                .await
                .fails(code);
        }
    }
    for _ in 0..4 {
        // Refused by both.
        let script = answering(403, r#"{"error":{"message":"no"}}"#);
        account
            .client
            .chat(&chat("refusing", &script))
            .await
            .fails("provider_error");
    }
    let reply = account.client.chat(&hello("refusing")).await;
    reply.ok();
    assert_eq!(reply.header("x-openclaw-provider"), Some("mock-openai"));
}

#[tokio::test]
async fn a_failure_before_anything_was_shown_is_retried() {
    let overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let error =
        "data: {\"error\":{\"message\":\"The server had an error\",\"type\":\"server_error\"}}\n\n";
    for (model, body) in [
        ("flaky-claude", [MESSAGE_START, overloaded]),
        ("flaky", [ROLE, error]),
        ("flaky", [ROLE, ": ping\n\n"]),
    ] {
        let account = Account::new().await;
        let script = Script {
            fail_first: Some(1),
            ..events(&body)
        };
        let stream = account.client.open_openai(&chat(model, &script)).await;
        assert_eq!(stream.headers["x-openclaw-attempts"], "2", "{model}");
        assert_eq!(stream.read().await.last_line(), "data: [DONE]");
        // For good, it is plain JSON with its status.
        let mut request = chat(model, &events(&body));
        request["stream"] = true.into();
        account.client.chat(&request).await.fails("provider_error");
    }
}

#[tokio::test]
async fn a_prompt_that_is_too_long_goes_to_a_larger_fallback() {
    let error = r#"{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}"#;
    let account = Account::new().await;
    for stream in [false, true] {
        let script = Script {
            fail_first: Some(1),
            ..answering(400, error)
        };
        let mut body = chat("short-context", &script);
        body["stream"] = stream.into();
        let reply = account.client.chat(&body).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("x-openclaw-provider"), Some("mock-anthropic"));
    }
    let script = answering(400, error);
    let failure = account.client.chat(&chat("flaky", &script)).await;
    failure.fails("context_length_exceeded");
    assert_eq!(Mock::get().report(&script.tag).await.requests, 1);
}

#[tokio::test]
async fn the_providers_code_and_param_reach_the_caller() {
    let filtered = r#"{"error":{"message":"The response was filtered","type":null,"param":"prompt","code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#;
    let odd = r#"{"error":{"message":"Unsupported","type":"invalid_request_error","param":"top_k","code":"unsupported_parameter"}}"#;
    let account = Account::new().await;
    for (body, code, param, vendors) in [
        (filtered, "content_filter", "prompt", "content_filter"),
        (odd, "invalid_request", "top_k", "unsupported_parameter"),
    ] {
        let script = answering(400, body);
        let failure = account
            .client
            .chat(&chat("flaky", &script))
            .await
            .fails(code);
        assert_eq!(failure.param.as_deref(), Some(param));
        assert_eq!(
            failure.details,
            json!({"provider": "mock-openai", "status": 400, "provider_code": vendors})
        );
    }
}

#[tokio::test]
async fn fractions_and_milliseconds_of_retry_after_are_waited_for() {
    let account = Account::new().await;
    for (name, value) in [("retry-after", "0.9"), ("retry-after-ms", "900")] {
        let mut script = answering(429, r#"{"error":{"message":"busy"}}"#);
        script.headers = [(name.to_owned(), value.to_owned())].into();
        script.fail_first = Some(1);
        let asked = Instant::now();
        account.client.chat(&chat("flaky", &script)).await.ok();
        assert!(
            asked.elapsed() >= Duration::from_millis(880),
            "{name}: {:?}",
            asked.elapsed()
        );
    }
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_not_tried_again() {
    let body = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let script = answering(429, body);
    let account = Account::new().await;
    let failure = account
        .client
        .chat(&chat("flaky", &script))
        .await
        .fails("provider_error");
    assert_eq!(failure.details["provider_code"], "insufficient_quota");
    assert_eq!(Mock::get().report(&script.tag).await.requests, 1);
}

#[tokio::test]
async fn a_fallback_serves_no_key_that_may_not_use_it() {
    let account = Account::new().await;
    for (models, status) in [
        (json!(["falls-back"]), None),
        (json!(["falls-back", "claude-3"]), Some(200)),
    ] {
        let key = account.another_key(json!({"models": models})).await;
        let reply = account
            .client_with(&key.secret)
            .chat(&hello("falls-back"))
            .await;
        match status {
            Some(status) => assert_eq!(reply.status, status),
            None => assert!((500..600).contains(&reply.status), "{}", reply.text()),
        }
        let provider = reply.header("x-openclaw-provider").map(str::to_owned);
        let expected = if status.is_some() {
            "mock-anthropic"
        } else {
            "unreachable"
        };
        assert_eq!(provider, Some(expected.into()), "{models}");
    }
}
