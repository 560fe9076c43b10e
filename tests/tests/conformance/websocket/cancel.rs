//! `cancel`.

use super::{streaming, text_of, words};
use openclaw_conformance::{
    harness::{Account, Failure, Mock, Socket, chat, tag},
    upstream::Script,
};
use serde_json::{Value, json};
use std::time::Duration;

fn cancel(id: &str) -> Value {
    json!({"type": "cancel", "id": id})
}

/// A stream of 20 s.
fn long(tag: &str) -> Script {
    Script {
        tag: tag.into(),
        ..words(1000, 20)
    }
}

async fn accounted_once(account: &Account) -> Value {
    account.usage(1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let usage = account.usage(1).await;
    assert_eq!(usage["total_requests"], 1, "{usage}");
    assert_eq!(usage["interrupted"], 1, "{usage}");
    assert_eq!(usage["errors"], 0, "{usage}");
    usage
}

/// Chunks of `a` until so many came.
async fn read_some(socket: &mut Socket, count: usize) {
    for _ in 0..count {
        let frame = socket.expects("chat_chunk").await;
        assert_eq!(frame["id"], "a");
    }
}

#[tokio::test]
async fn a_stream_ends_with_cancelled_and_the_provider_is_left() {
    for model in ["gpt-4", "claude-3"] {
        let (account, tag) = (Account::new().await, tag("ws-cancel"));
        let mut socket = account.client.socket().await;
        socket.chat("a", &streaming(model, &long(&tag))).await;
        read_some(&mut socket, 3).await;
        socket.send(&cancel("a")).await;
        let told = socket.told().await;
        assert_eq!(told.last()["id"], "a");
        told.fails("cancelled");
        Mock::get()
            .report_when(&tag, |report| report.cancelled == 1)
            .await;
        socket.is_silent_for(Duration::from_millis(300)).await;
        let usage = accounted_once(&account).await;
        let tokens = usage["completion_tokens"].as_u64().unwrap();
        assert!((1..500).contains(&tokens), "{usage}");
    }
}

#[tokio::test]
async fn before_the_first_token_it_ends_with_cancelled_too() {
    let (account, tag) = (Account::new().await, tag("ws-cancel-early"));
    let mut socket = account.client.socket().await;
    let script = Script {
        tag: tag.clone(),
        delay_ms: 1400,
        ..Script::default()
    };
    socket.chat("a", &streaming("gpt-4", &script)).await;
    Mock::get()
        .report_when(&tag, |report| report.requests == 1)
        .await;
    socket.send(&cancel("a")).await;
    socket.told().await.fails("cancelled");
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    accounted_once(&account).await;
}

#[tokio::test]
async fn a_plain_chat_can_be_cancelled() {
    let (account, tag) = (Account::new().await, tag("ws-cancel-plain"));
    let mut socket = account.client.socket().await;
    let script = Script {
        tag: tag.clone(),
        head_delay_ms: 1400,
        ..Script::default()
    };
    socket.chat("a", &chat("gpt-4", &script)).await;
    Mock::get()
        .report_when(&tag, |report| report.requests == 1)
        .await;
    socket.send(&cancel("a")).await;
    let told = socket.told().await;
    assert_eq!(told.frames.len(), 1);
    told.fails("cancelled");
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    accounted_once(&account).await;
}

#[tokio::test]
async fn right_behind_the_request_it_ends_it_too() {
    let (account, tag) = (Account::new().await, tag("ws-cancel-at-once"));
    let mut socket = account.client.socket().await;
    socket.chat("a", &streaming("gpt-4", &long(&tag))).await;
    socket.send(&cancel("a")).await;
    socket.told().await.fails("cancelled");
    // Whether it was admitted before or not, the provider is not left working.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let report = Mock::get()
        .report_when(&tag, |report| report.cancelled == report.requests)
        .await;
    assert!(report.requests <= 1, "{report:?}");
}

#[tokio::test]
async fn others_go_on() {
    let (account, tag) = (Account::new().await, tag("ws-cancel-one"));
    let mut socket = account.client.socket().await;
    socket.chat("a", &streaming("gpt-4", &long(&tag))).await;
    socket.chat("b", &streaming("gpt-4", &words(10, 100))).await;
    Mock::get()
        .report_when(&tag, |report| report.requests == 1)
        .await;
    socket.send(&cancel("a")).await;
    let told = socket.told_all(2).await;
    told["a"].fails("cancelled");
    told["b"].streams(&text_of(10));
}

#[tokio::test]
async fn its_id_is_free_again() {
    let (account, tag) = (Account::new().await, tag("ws-cancel-free"));
    let mut socket = account.client.socket().await;
    socket.chat("a", &streaming("gpt-4", &long(&tag))).await;
    read_some(&mut socket, 1).await;
    socket.send(&cancel("a")).await;
    socket.chat("a", &streaming("gpt-4", &words(2, 0))).await;
    socket.told().await.fails("cancelled");
    socket.told().await.streams(&text_of(2));
}

#[tokio::test]
async fn of_what_does_not_run_is_not_found() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.chat("done", &streaming("gpt-4", &words(2, 0))).await;
    socket.told().await;
    for id in ["never", "done"] {
        socket.send(&cancel(id)).await;
        let refusal = socket.expects("error").await;
        assert!(refusal["id"].is_null(), "{refusal}");
        let (_, failure) = Failure::of(&refusal["error"], "not_found");
        assert_eq!(failure.details["field"], "id", "{refusal}");
    }
}

#[tokio::test]
async fn of_another_sessions_request_is_not_found() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.chat("a", &streaming("gpt-4", &words(5, 100))).await;
    let mut other = account.client.socket().await;
    other.send(&cancel("a")).await;
    let refusal = other.expects("error").await;
    Failure::of(&refusal["error"], "not_found");
    socket.told().await.streams(&text_of(5));
}
