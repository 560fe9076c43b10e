//! The client leaving.

use openclaw_conformance::{
    harness::{Account, Mock, Target, chat, tag},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A stream of 20 s.
fn long(tag: &str) -> Script {
    Script {
        tag: tag.into(),
        chunks: Some(1000),
        chunk_delay_ms: 20,
        ..Script::default()
    }
}

async fn cancelled_within(tag: &str, limit: Duration) {
    let left = Instant::now();
    Mock::get()
        .report_when(tag, |report| report.cancelled == 1)
        .await;
    assert!(left.elapsed() < limit, "{:?}", left.elapsed());
}

/// One row, interrupted, with an estimate of what came.
async fn accounted_once(account: &Account) {
    account.usage(1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let usage = account.usage(1).await;
    let count = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(
        (count("total_requests"), count("interrupted")),
        (1, 1),
        "{usage}"
    );
    assert_eq!(
        (count("estimated_requests"), count("errors")),
        (1, 0),
        "{usage}"
    );
    assert!((1..200).contains(&count("completion_tokens")), "{usage}");
    assert!(count("prompt_tokens") > 0, "{usage}");
}

#[tokio::test]
async fn leaving_a_stream_cancels_the_provider_and_is_accounted_once() {
    for model in ["gpt-4", "claude-3"] {
        for path in ["/v1/chat/completions", "/v1/chat/completions/stream"] {
            let (account, tag) = (Account::new().await, tag("leave"));
            let mut body = chat(model, &long(&tag));
            body["stream"] = true.into();
            let mut stream = account.client.stream(path, &body).await;
            stream.read_some(6).await;
            drop(stream);
            cancelled_within(&tag, Duration::from_secs(1)).await;
            accounted_once(&account).await;
        }
    }
}

#[tokio::test]
async fn leaving_in_the_silence_cancels_too() {
    let (account, tag) = (Account::new().await, tag("silence"));
    let script = Script {
        tag: tag.clone(),
        stall_after: Some(2),
        ..Script::default()
    };
    let mut stream = account.client.open_seed(&chat("gpt-4", &script)).await;
    stream.read_some(3).await;
    drop(stream);
    cancelled_within(&tag, Duration::from_secs(1)).await;
    accounted_once(&account).await;
}

#[tokio::test]
async fn leaving_before_the_first_token_cancels_too() {
    let (account, tag) = (Account::new().await, tag("before"));
    let script = Script {
        tag: tag.clone(),
        delay_ms: 2200,
        ..Script::default()
    };
    // Its head comes with the first heartbeat.
    let stream = account.client.open_seed(&chat("gpt-4", &script)).await;
    drop(stream);
    // On Lambda the second heartbeat after that finds nobody.
    cancelled_within(&tag, Duration::from_millis(1600)).await;
    let usage = account.usage(1).await;
    assert_eq!(
        (&usage["total_requests"], &usage["interrupted"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn leaving_a_plain_request_cancels_too() {
    for head_delay_ms in [0, 1400] {
        let (account, tag) = (Account::new().await, tag("plain"));
        let script = Script {
            tag: tag.clone(),
            head_delay_ms,
            delay_ms: 1400 - head_delay_ms,
            ..Script::default()
        };
        let body = chat("gpt-4", &script);
        let request = account.client.chat(&body);
        let gone = tokio::time::timeout(Duration::from_millis(400), request).await;
        assert!(gone.is_err(), "it left before the answer");
        if Target::chosen() == Target::Lambda {
            // A function is not told who leaves before its answer begins: it ends, and is accounted.
            let usage = account.usage(1).await;
            assert_eq!(
                (&usage["total_requests"], &usage["errors"]),
                (&json!(1), &json!(0))
            );
            assert_eq!(Mock::get().report(&tag).await.finished, 1);
            continue;
        }
        cancelled_within(&tag, Duration::from_secs(1)).await;
        let usage = account.usage(1).await;
        assert_eq!(
            (&usage["total_requests"], &usage["interrupted"]),
            (&json!(1), &json!(1))
        );
    }
}

#[tokio::test]
async fn drain_lets_the_provider_finish_and_accounts_what_it_says() {
    for path in ["/v1/chat/completions", "/v1/chat/completions/stream"] {
        let account = Account::with(
            json!({"tier": "enterprise", "rate_limit": 1000}),
            json!({"on_disconnect": "drain"}),
        );
        let (account, tag) = (account.await, tag("drain"));
        let script = Script {
            chunks: Some(40),
            usage: Some(Usage {
                prompt_tokens: 21,
                completion_tokens: 43,
            }),
            ..long(&tag)
        };
        let mut body = chat("gpt-4", &script);
        body["stream"] = true.into();
        let mut stream = account.client.stream(path, &body).await;
        stream.read_some(4).await;
        drop(stream);
        let report = Mock::get()
            .report_when(&tag, |report| report.finished == 1)
            .await;
        assert_eq!(report.cancelled, 0);
        let usage = account.usage(1).await;
        let count = |name: &str| usage[name].clone();
        assert_eq!(
            (count("prompt_tokens"), count("completion_tokens")),
            (json!(21), json!(43))
        );
        assert_eq!(
            (count("total_requests"), count("estimated_requests")),
            (json!(1), json!(0))
        );
    }
}

#[tokio::test]
async fn what_was_generated_is_paid_for() {
    let (account, tag) = (Account::new().await, tag("paid"));
    let mut stream = account
        .client
        .open_openai(&chat("gpt-4", &long(&tag)))
        .await;
    stream.read_some(20).await;
    drop(stream);
    let usage: Value = account.usage(1).await;
    assert!(usage["cost"].as_f64().unwrap() > 0.0, "{usage}");
    assert!(
        usage["completion_tokens"].as_u64().unwrap() >= 15,
        "{usage}"
    );
}
