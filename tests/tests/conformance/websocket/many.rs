//! Many requests at once.

use super::{streaming, text_of, words};
use openclaw_conformance::{
    harness::{Account, Mock, Told, chat, tag},
    upstream::Script,
};
use serde_json::json;
use std::collections::HashSet;

#[tokio::test]
async fn auth_and_20_chats_may_be_sent_in_one_go() {
    for stream in [false, true] {
        let account = Account::new().await;
        let mut socket = account.client.dial().open().await;
        socket
            .send(&json!({"type": "auth", "token": account.key.secret}))
            .await;
        for at in 0..20 {
            let script = words(at + 1, 10);
            let body = match stream {
                true => streaming("gpt-4", &script),
                false => chat("gpt-4", &script),
            };
            socket.chat(&at.to_string(), &body).await;
        }
        socket.welcomed().await;
        let told = socket.told_all(20).await;
        for (id, told) in &told {
            let count: usize = id.parse().unwrap();
            match stream {
                true => told.streams(&text_of(count + 1)),
                false => told.completes(&text_of(count + 1)),
            };
        }
        assert_eq!(account.usage(20).await["total_requests"], 20);
    }
}

#[tokio::test]
async fn frames_are_handled_in_the_order_sent() {
    let account = Account::new().await;
    let mut socket = account.client.dial().open().await;
    let wrong = json!({"model": "gpt-4", "messages": []});
    // Refused, welcomed, taken: each by what stands before it.
    socket.chat_wrong("before", &wrong).await;
    socket
        .send(&json!({"type": "auth", "token": account.key.secret}))
        .await;
    socket.chat_wrong("behind", &wrong).await;
    if openclaw_conformance::harness::Target::chosen()
        != openclaw_conformance::harness::Target::Lambda
    {
        socket.told().await.fails("unauthorized");
        socket.welcomed().await;
        socket.told().await.fails("invalid_request");
        return;
    }
    // API Gateway keeps no order: what comes before `auth` waits for it.
    let mut codes = Vec::new();
    while codes.len() < 2 {
        let frame = socket.frame().await;
        if frame["type"] == "error" {
            codes.push(frame["error"]["code"].as_str().unwrap().to_string());
        }
    }
    assert!(codes.contains(&"invalid_request".to_string()), "{codes:?}");
}

/// The ids of the chunks, in the order they came.
fn order<'a>(told: impl Iterator<Item = (&'a String, &'a Told)>) -> Vec<(u64, &'a str)> {
    let mut order: Vec<(u64, &str)> = told
        .flat_map(|(id, told)| {
            let chunks = told.frames.iter();
            chunks.map(|frame| (frame["seq"].as_u64().unwrap(), id.as_str()))
        })
        .collect();
    order.sort_unstable();
    order
}

#[tokio::test]
async fn streams_run_side_by_side() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for id in ["a", "b", "c"] {
        socket.chat(id, &streaming("gpt-4", &words(8, 100))).await;
    }
    let told = socket.told_all(3).await;
    for told in told.values() {
        told.streams(&text_of(8));
    }
    let order = order(told.iter());
    let first_half: HashSet<&str> = order[..order.len() / 2].iter().map(|(_, id)| *id).collect();
    assert_eq!(first_half.len(), 3, "one behind the other: {order:?}");
}

#[tokio::test]
async fn a_short_one_does_not_wait_for_a_long_one() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket
        .chat("long", &streaming("gpt-4", &words(10, 200)))
        .await;
    socket.chat("short", &chat("gpt-4", &words(3, 0))).await;
    let told = socket.told_all(2).await;
    let end = |id: &str| told[id].last()["seq"].as_u64().unwrap();
    assert!(end("short") < end("long"), "{told:?}");
}

#[tokio::test]
async fn each_keeps_its_own_text_and_usage() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    let tag = tag("ws-many");
    for at in 0..30 {
        let script = Script {
            tag: tag.clone(),
            text: Some(format!("{at} → {}", "ä".repeat(at * 10))),
            chunks: Some(at + 1),
            chunk_delay_ms: (at % 4) as u64 * 5,
            ..Script::default()
        };
        let model = ["gpt-4", "claude-3"][at % 2];
        socket
            .chat(&at.to_string(), &streaming(model, &script))
            .await;
    }
    let told = socket.told_all(30).await;
    for (id, told) in &told {
        let at: usize = id.parse().unwrap();
        told.streams(&format!("{at} → {}", "ä".repeat(at * 10)));
    }
    assert_eq!(Mock::get().report(&tag).await.finished, 30);
    let sum = |name: &str| {
        let frames = told
            .values()
            .map(|told| told.last()["usage"][name].as_u64());
        frames.map(|tokens| tokens.unwrap()).sum::<u64>()
    };
    let usage = account.usage(30).await;
    assert_eq!(usage["total_requests"], 30);
    assert_eq!(usage["completion_tokens"], sum("completion_tokens"));
    assert_eq!(usage["prompt_tokens"], sum("prompt_tokens"));
}

#[tokio::test]
async fn sessions_know_nothing_of_each_other() {
    let account = Account::new().await;
    let mut sockets = [account.client.socket().await, account.client.socket().await];
    for (at, socket) in sockets.iter_mut().enumerate() {
        socket
            .chat("same", &streaming("gpt-4", &words(at + 4, 50)))
            .await;
    }
    for (at, socket) in sockets.iter_mut().enumerate() {
        let told = socket.told().await;
        told.streams(&text_of(at + 4));
        assert_eq!(told.frames[0]["seq"], 1);
    }
}
