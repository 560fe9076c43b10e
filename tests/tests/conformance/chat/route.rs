//! Retries, back-off, targets and fallbacks.

use openclaw_conformance::{
    harness::{Account, Mock, chat, hello, tag},
    upstream::Script,
};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let account = Account::new().await;
    for model in ["flaky", "flaky-claude"] {
        for status in [429, 500, 502, 503, 529] {
            let tag = tag("retry");
            let script = Script {
                tag: tag.clone(),
                status: Some(status),
                fail_first: Some(2),
                ..Script::default()
            };
            let reply = account.client.chat(&chat(model, &script)).await;
            reply.ok();
            assert_eq!(reply.header("x-openclaw-attempts"), Some("3"), "{status}");
            assert_eq!(Mock::get().report(&tag).await.requests, 3);
        }
    }
}

#[tokio::test]
async fn a_stream_is_tried_again_too() {
    let account = Account::new().await;
    for (name, script) in [
        (
            "status",
            Script {
                status: Some(500),
                ..Script::default()
            },
        ),
        (
            "hang-up",
            Script {
                hang_up: true,
                ..Script::default()
            },
        ),
    ] {
        let script = Script {
            tag: tag(name),
            fail_first: Some(1),
            ..script
        };
        let stream = account.client.open_seed(&chat("flaky", &script)).await;
        assert_eq!(stream.headers["x-openclaw-attempts"], "2", "{name}");
        assert_eq!(stream.read().await.last_line(), "data:[DONE]");
    }
}

#[tokio::test]
async fn retry_after_is_respected() {
    let account = Account::new().await;
    let script = Script {
        tag: tag("retry-after"),
        status: Some(429),
        retry_after: Some("1".into()),
        fail_first: Some(1),
        ..Script::default()
    };
    let asked = Instant::now();
    let reply = account.client.chat(&chat("flaky", &script)).await;
    reply.ok();
    assert!(
        asked.elapsed() >= Duration::from_millis(950),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(reply.header("x-openclaw-attempts"), Some("2"));
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_not_waited_for() {
    let account = Account::new().await;
    let tag = tag("too-long");
    let script = Script {
        tag: tag.clone(),
        status: Some(429),
        retry_after: Some("60".into()),
        ..Script::default()
    };
    let asked = Instant::now();
    account
        .client
        .chat(&chat("flaky", &script))
        .await
        .fails("provider_error");
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
}

#[tokio::test]
async fn one_request_is_one_row_however_often_it_was_tried() {
    let account = Account::new().await;
    let script = Script {
        tag: tag("one-row"),
        status: Some(500),
        fail_first: Some(2),
        ..Script::default()
    };
    account.client.chat(&chat("flaky", &script)).await.ok();
    let usage = account.usage(1).await;
    assert_eq!(usage["total_requests"], 1);
    assert_eq!(usage["errors"], 0);
}

#[tokio::test]
async fn another_target_takes_over() {
    let account = Account::new().await;
    for _ in 0..3 {
        let reply = account.client.chat(&hello("one-of-two")).await;
        reply.ok();
        assert_eq!(reply.header("x-openclaw-provider"), Some("mock-keyless"));
    }
    let stream = account.client.open_seed(&hello("one-of-two")).await;
    assert_eq!(stream.headers["x-openclaw-provider"], "mock-keyless");
    assert_eq!(stream.read().await.last_line(), "data:[DONE]");
}

#[tokio::test]
async fn a_fallback_takes_over_even_in_another_dialect() {
    let account = Account::new().await;
    let script = Script {
        text: Some("from the fallback".into()),
        ..Script::default()
    };
    let body = chat("falls-back", &script);
    let reply = account.client.chat(&body).await;
    assert_eq!(
        reply.ok()["choices"][0]["message"]["content"],
        "from the fallback"
    );
    assert_eq!(reply.header("x-openclaw-provider"), Some("mock-anthropic"));
    let stream = account.client.open_openai(&body).await;
    assert_eq!(stream.headers["x-openclaw-provider"], "mock-anthropic");
    assert_eq!(stream.read().await.text(), "from the fallback");
}

#[tokio::test]
async fn targets_share_by_weight() {
    let account = Account::new().await;
    let mut served = HashMap::<String, u32>::new();
    for _ in 0..60 {
        let reply = account.client.chat(&hello("weighted")).await;
        reply.ok();
        let provider = reply.header("x-openclaw-provider").expect("who answered");
        *served.entry(provider.into()).or_default() += 1;
    }
    // 3 to 1: that the heavier one gets no more than the other has a chance of 1 to 100,000.
    assert!(served["mock-openai"] > served["mock-keyless"], "{served:?}");
    assert!(served["mock-keyless"] > 0, "{served:?}");
}

#[tokio::test]
async fn a_failing_target_is_left_alone_for_a_while() {
    let account = Account::new().await;
    let attempts = async || {
        let reply = account.client.chat(&hello("cooled")).await;
        reply.ok();
        assert_eq!(reply.header("x-openclaw-provider"), Some("mock-keyless"));
        reply
            .header("x-openclaw-attempts")
            .unwrap()
            .parse::<u32>()
            .unwrap()
    };
    assert!(attempts().await > 1, "the heavier target is tried first");
    // It fails three times in a row in one process. On Lambda several may take turns.
    let mut failed = 1;
    while attempts().await > 1 {
        failed += 1;
        assert!(failed < 20, "it is still asked");
    }
    // `cooldown_ms`
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert!(attempts().await > 1, "it is tried again");
}
