//! Requests a minute.

use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, Client, Mock, Reply, chat, hello, minute_with, now, tag},
    upstream::Script,
};
use serde_json::json;

/// The answers to so many requests at once, and how many the upstream saw.
async fn race(client: &Client, count: usize) -> (Vec<Reply>, usize) {
    let tag = tag("race");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let body = chat("gpt-4", &script);
    minute_with(20).await;
    let replies = join_all((0..count).map(|_| client.chat(&body))).await;
    (replies, Mock::get().report(&tag).await.requests)
}

fn succeeded(replies: &[Reply]) -> usize {
    replies.iter().filter(|reply| reply.status == 200).count()
}

#[tokio::test]
async fn of_200_racing_requests_exactly_100_succeed_on_the_free_tier() {
    let account = Account::of_tier("free").await;
    let (replies, seen) = race(&account.client, 200).await;
    assert_eq!((succeeded(&replies), seen), (100, 100));
    let mut left = Vec::new();
    for reply in &replies {
        assert_eq!(reply.header("x-ratelimit-limit"), Some("100"));
        if reply.status == 200 {
            let remaining = reply.header("x-ratelimit-remaining").unwrap();
            left.push(remaining.parse::<u64>().unwrap());
            continue;
        }
        let failure = reply.fails("rate_limit_exceeded");
        assert_eq!(failure.details["limit"], 100);
        let reset = failure.details["reset_time"].as_str().unwrap();
        assert!(reset.ends_with(":00Z"), "{reset}");
        let reset: jiff::Timestamp = reset.parse().unwrap();
        let seconds = reset.as_second() - now().as_second();
        assert!((-5..=60).contains(&seconds), "{seconds}");
        let header: i64 = reply.header("x-ratelimit-reset").unwrap().parse().unwrap();
        assert_eq!(header, reset.as_second());
        assert_eq!(reply.header("x-ratelimit-remaining"), Some("0"));
    }
    // Each got a place of its own.
    left.sort_unstable();
    assert_eq!(left, (0..100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_key_may_have_a_lower_limit_of_its_own() {
    let account = Account::of_tier("free").await;
    let key = account.another_key(json!({"rate_limit": 5})).await;
    let (replies, seen) = race(&account.client_with(&key.secret), 20).await;
    assert_eq!((succeeded(&replies), seen), (5, 5));
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(reply.fails("rate_limit_exceeded").details["limit"], 5);
    }
    let other = account.client.chat(&hello("gpt-4")).await;
    other.ok();
    // What the key was refused did not cost the account.
    assert_eq!(other.header("x-ratelimit-remaining"), Some("94"));
}

#[tokio::test]
async fn a_keys_limit_does_not_raise_the_accounts() {
    let account = Account::with(json!({"rate_limit": 4}), json!({"rate_limit": 50})).await;
    let (replies, seen) = race(&account.client, 12).await;
    assert_eq!((succeeded(&replies), seen), (4, 4));
}

#[tokio::test]
async fn streams_and_lists_count_too() {
    let account = Account::with(json!({"rate_limit": 3}), json!({})).await;
    minute_with(20).await;
    let client = &account.client;
    let stream = client.open_openai(&hello("gpt-4")).await;
    assert_eq!(stream.headers["x-ratelimit-remaining"], "2");
    stream.read().await;
    client.open_seed(&hello("gpt-4")).await.read().await;
    client.get("/v1/models").await.ok();
    for path in ["/v1/chat/completions", "/v1/chat/completions/stream"] {
        client
            .post(path, &hello("gpt-4"))
            .await
            .fails("rate_limit_exceeded");
    }
    client.get("/v1/models").await.fails("rate_limit_exceeded");
    client
        .get("/v1/analytics/usage")
        .await
        .fails("rate_limit_exceeded");
}

#[tokio::test]
async fn the_next_minute_is_a_new_window() {
    let account = Account::with(json!({"rate_limit": 1}), json!({})).await;
    minute_with(5).await;
    account.client.get("/v1/models").await.ok();
    let refused = account.client.get("/v1/models").await;
    refused.fails("rate_limit_exceeded");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
    account.client.get("/v1/models").await.ok();
}
