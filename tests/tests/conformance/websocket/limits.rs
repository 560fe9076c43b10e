//! What the WebSocket limits by itself, and what its REST twins are limited by.

use super::{streaming, text_of, words};
use openclaw_conformance::{
    harness::{Account, Mock, Target, chat, hello, minute_with, tag},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};

/// The longest message there may be.
fn longest() -> usize {
    match Target::chosen() {
        Target::Native | Target::Workers => 1 << 20,
        // API Gateway's own.
        Target::Lambda => 128 << 10,
    }
}

/// A chat frame of exactly so many bytes.
fn frame_of(bytes: usize, tag: &str) -> String {
    let script = Script {
        tag: tag.into(),
        text: Some("ok".into()),
        ..Script::default()
    };
    let mut frame = chat("claude-3", &script);
    frame["type"] = "chat".into();
    frame["id"] = "a".into();
    frame["padding"] = "".into();
    let missing = bytes - frame.to_string().len();
    frame["padding"] = "x".repeat(missing).into();
    let text = frame.to_string();
    assert_eq!(text.len(), bytes);
    text
}

#[tokio::test]
async fn a_frame_of_the_limits_size_is_taken() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for bytes in [longest() - 1, longest()] {
        socket.text(&frame_of(bytes, "")).await;
        socket.told().await.completes("ok");
    }
}

#[tokio::test]
async fn a_longer_one_is_closed_with_1009() {
    for more in [1, 1 << 20] {
        let (account, tag) = (Account::new().await, tag("ws-long"));
        let mut socket = account.client.socket().await;
        socket.text(&frame_of(longest() + more, &tag)).await;
        socket.is_closed_with(1009).await;
        assert_eq!(Mock::get().report(&tag).await.requests, 0);
    }
}

#[tokio::test]
async fn before_authentication_16_kib_are_the_most() {
    let account = Account::new().await;
    let ping = |bytes: usize| {
        let mut frame = json!({"type": "ping", "padding": ""});
        let missing = bytes - frame.to_string().len();
        frame["padding"] = "x".repeat(missing).into();
        frame.to_string()
    };
    let mut socket = account.client.dial().open().await;
    socket.text(&ping(16 << 10)).await;
    socket.expects("pong").await;
    socket.text(&ping((16 << 10) + 1)).await;
    match Target::chosen() {
        // API Gateway lets nobody choose a code.
        Target::Lambda => assert_eq!(socket.closed().await, Some(1000)),
        _ => socket.is_closed_with(1009).await,
    }
    // Whoever is known may send more.
    let mut socket = account.client.socket().await;
    socket.text(&ping((16 << 10) + 1)).await;
    socket.expects("pong").await;
}

#[tokio::test]
async fn of_33_at_once_the_last_is_refused() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let slow = streaming("gpt-4", &words(6, 500));
    for at in 0..33 {
        socket.chat(&at.to_string(), &slow).await;
    }
    let told = socket.told_all(33).await;
    let (refused, others): (Vec<_>, Vec<_>) = told
        .values()
        .partition(|told| told.last()["type"] == "error");
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].last()["id"], "32");
    let failure = refused[0].fails("rate_limit_exceeded");
    assert_eq!(failure.details["limit"], 32);
    let reset = failure.details["reset_time"].as_str().unwrap_or_default();
    assert!(reset.ends_with('Z'), "{failure:?}");
    for told in others {
        told.streams(&text_of(6));
    }
    // There is room again.
    socket.chat("32", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
    assert_eq!(account.usage(33).await["total_requests"], 33);
}

#[tokio::test]
async fn requests_a_minute_are_counted_together_with_rests() {
    let account = Account::with(json!({"rate_limit": 5}), json!({})).await;
    let tag = tag("ws-rate");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let body = chat("gpt-4", &script);
    minute_with(20).await;
    let mut socket = account.client.socket().await;
    account.client.chat(&body).await.ok();
    for id in ["a", "b", "c"] {
        socket.chat(id, &body).await;
        assert_eq!(socket.told().await.last()["type"], "chat_complete");
    }
    account.client.chat(&body).await.ok();
    for body in [body.clone(), streaming("gpt-4", &script)] {
        socket.chat("d", &body).await;
        let told = socket.told().await;
        assert_eq!(told.last()["id"], "d");
        let failure = told.fails("rate_limit_exceeded");
        assert_eq!(failure.details["limit"], 5);
        let reset = failure.details["reset_time"].as_str().unwrap();
        assert!(reset.ends_with(":00Z"), "{reset}");
    }
    account
        .client
        .chat(&body)
        .await
        .fails("rate_limit_exceeded");
    assert_eq!(Mock::get().report(&tag).await.requests, 5);
}

#[tokio::test]
async fn of_requests_sent_together_exactly_the_limit_succeeds() {
    let account = Account::with(json!({"rate_limit": 7}), json!({})).await;
    minute_with(20).await;
    let mut socket = account.client.socket().await;
    for at in 0..20 {
        socket.chat(&at.to_string(), &hello("gpt-4")).await;
    }
    let told = socket.told_all(20).await;
    let (succeeded, refused): (Vec<_>, Vec<_>) = told
        .values()
        .partition(|told| told.last()["type"] == "chat_complete");
    assert_eq!(succeeded.len(), 7);
    for told in refused {
        told.fails("rate_limit_exceeded");
    }
}

/// A request that reserves and costs so many cents.
fn costing(cents: u64) -> Value {
    let script = Script {
        text: Some("ok".into()),
        usage: Some(Usage {
            prompt_tokens: 5,
            completion_tokens: cents,
        }),
        ..Script::default()
    };
    let mut body = chat("dear", &script);
    body["max_tokens"] = cents.into();
    body
}

#[tokio::test]
async fn a_budget_holds() {
    let fields = json!({"tier": "enterprise", "rate_limit": 10_000, "monthly_budget": 1.0});
    let account = Account::with(fields, json!({})).await;
    let mut socket = account.client.socket().await;
    socket.chat("a", &costing(60)).await;
    socket.told().await.completes("ok");
    account.client.chat(&costing(40)).await.ok();
    account.usage(2).await;
    let mut streamed = costing(1);
    streamed["stream"] = true.into();
    for body in [costing(1), streamed] {
        socket.chat("b", &body).await;
        socket.told().await.fails("budget_exceeded");
    }
    assert_eq!(account.usage(2).await["cost"], 1.0);
}

#[tokio::test]
async fn a_key_without_the_scope_may_connect_and_is_refused() {
    let account = Account::new().await;
    let key = account.another_key(json!({"scopes": ["models"]})).await;
    let mut socket = account.client_with(&key.secret).socket().await;
    socket.chat("a", &hello("gpt-4")).await;
    socket.told().await.fails("forbidden");
}

#[tokio::test]
async fn a_keys_models_hold() {
    let account = Account::new().await;
    let key = account.another_key(json!({"models": ["claude-3"]})).await;
    let mut socket = account.client_with(&key.secret).socket().await;
    let rest = account.client_with(&key.secret).chat(&hello("gpt-4")).await;
    let code = rest.json()["error"]["code"].as_str().unwrap().to_string();
    socket.chat("a", &hello("gpt-4")).await;
    socket.told().await.fails(&code);
    socket.chat("a", &hello("claude-3")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}
