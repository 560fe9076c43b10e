//! Calls of models that run at once. An account of the tier `pro` may have 3 here.

use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, Mock, chat, eventually_within, hello, tag},
    upstream::Script,
};
use serde_json::Value;
use std::time::Duration;

const LIMIT: usize = 3;

/// A stream of five seconds: all that is sent beside it is admitted or refused meanwhile, on a slow
/// machine, too.
fn long(tag: &str) -> Value {
    let script = Script {
        tag: tag.into(),
        chunks: Some(20),
        chunk_delay_ms: 250,
        ..Script::default()
    };
    let mut body = chat("gpt-4", &script);
    body["stream"] = true.into();
    body
}

fn slow(tag: &str) -> Value {
    let script = Script {
        tag: tag.into(),
        delay_ms: 1000,
        ..Script::default()
    };
    chat("gpt-4", &script)
}

#[tokio::test]
async fn no_more_than_the_limit_run_at_once() {
    let account = Account::of_tier("pro").await;
    let tag = tag("concurrent");
    let body = long(&tag);
    let replies = join_all((0..12).map(|_| account.client.chat(&body))).await;
    let ran = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(
        (ran, Mock::get().report(&tag).await.requests),
        (LIMIT, LIMIT)
    );
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        let failure = reply.fails("rate_limit_exceeded");
        assert!(
            failure.message.contains("3 requests running"),
            "{failure:?}"
        );
    }
    // Each has given its place back.
    for _ in 0..2 {
        let body = hello("gpt-4");
        let again = join_all((0..LIMIT).map(|_| account.client.chat(&body))).await;
        assert!(again.iter().all(|reply| reply.status == 200));
    }
}

#[tokio::test]
async fn a_stream_and_one_whose_client_left_give_their_places_back() {
    let account = Account::of_tier("pro").await;
    let whole = chat("gpt-4", &Script::default());
    for _ in 0..LIMIT + 1 {
        account.client.stream_openai(&whole).await;
    }
    let body = slow(&tag("left"));
    let leaving = (0..LIMIT).map(|_| async {
        let request = account.client.request("POST", "/v1/chat/completions");
        let request = request.json(&body).timeout(Duration::from_millis(300));
        assert!(request.send().await.is_err(), "it has left");
    });
    join_all(leaving).await;
    // At once, or where a runtime was cut off before it could, when the lease ends.
    let all = eventually_within(Duration::from_secs(70), async || {
        let body = hello("gpt-4");
        let replies = join_all((0..LIMIT).map(|_| account.client.chat(&body))).await;
        replies
            .iter()
            .all(|reply| reply.status == 200)
            .then_some(())
    });
    all.await.expect("the places");
}

#[tokio::test]
async fn a_failed_call_gives_its_place_back() {
    let account = Account::of_tier("pro").await;
    let script = Script {
        status: Some(400),
        ..Script::default()
    };
    for _ in 0..LIMIT + 1 {
        account
            .client
            .chat(&chat("gpt-4", &script))
            .await
            .fails("context_length_exceeded");
    }
}
