//! `Idempotency-Key` on a chat.

use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, Mock, Reply, chat, tag},
    upstream::Script,
};
use serde_json::Value;

async fn post(account: &Account, key: &str, body: &Value) -> Reply {
    let request = account.client.request("POST", "/v1/chat/completions");
    let request = request.header("idempotency-key", key).json(body);
    account.client.send(request).await
}

fn tagged(tag: &str) -> Value {
    let script = Script {
        tag: tag.into(),
        ..Script::default()
    };
    chat("gpt-4", &script)
}

#[tokio::test]
async fn the_same_request_gets_the_first_answer() {
    let (account, tag) = (Account::new().await, tag("same"));
    let first = post(&account, "k", &tagged(&tag)).await;
    first.ok();
    for _ in 0..3 {
        let again = post(&account, "k", &tagged(&tag)).await;
        assert_eq!((again.status, again.json()), (200, first.json()));
    }
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
    assert_eq!(account.usage(1).await["total_requests"], 1);
}

#[tokio::test]
async fn another_request_under_the_same_key_is_409() {
    let (account, tag) = (Account::new().await, tag("other"));
    post(&account, "k", &tagged(&tag)).await.ok();
    let mut other = tagged(&tag);
    other["temperature"] = 1.into();
    post(&account, "k", &other)
        .await
        .fails("idempotency_conflict");
    post(&account, "k2", &other).await.ok();
    assert_eq!(Mock::get().report(&tag).await.requests, 2);
}

#[tokio::test]
async fn of_racing_requests_one_is_executed() {
    let (account, tag) = (Account::new().await, tag("racing"));
    let script = Script {
        tag: tag.clone(),
        delay_ms: 300,
        ..Script::default()
    };
    let body = chat("gpt-4", &script);
    let replies = join_all((0..10).map(|_| post(&account, "k", &body))).await;
    let answers = replies.iter().filter(|reply| reply.status == 200);
    assert!(answers.count() >= 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        reply.fails("idempotency_conflict");
    }
    post(&account, "k", &body).await.ok();
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
}

#[tokio::test]
async fn accounts_do_not_share_keys() {
    let (one, two, tag) = (Account::new().await, Account::new().await, tag("apart"));
    post(&one, "k", &tagged(&tag)).await.ok();
    let mut other = tagged(&tag);
    other["temperature"] = 1.into();
    post(&two, "k", &other).await.ok();
    assert_eq!(Mock::get().report(&tag).await.requests, 2);
}

#[tokio::test]
async fn a_stream_is_said_again() {
    for path in ["/v1/chat/completions", "/v1/chat/completions/stream"] {
        let (account, tag) = (Account::new().await, tag("again"));
        let mut body = tagged(&tag);
        body["stream"] = true.into();
        let post = async || {
            let request = account.client.request("POST", path);
            let request = request.header("idempotency-key", "k").json(&body);
            account.client.open(request).await.read().await
        };
        let first = post().await;
        let again = post().await;
        assert_eq!(again.text(), first.text());
        assert_eq!(again.last_line(), first.last_line());
        assert_eq!(Mock::get().report(&tag).await.requests, 1);
        assert_eq!(account.usage(1).await["total_requests"], 1);
    }
}

/// Of an account's answers 32 MiB a day are kept; what is done after that is not done twice either.
#[tokio::test]
async fn an_account_keeps_so_many_bytes_a_day() {
    let (account, tag) = (Account::new().await, tag("quota"));
    let script = Script {
        tag: tag.clone(),
        chunks: Some(34_000),
        ..Script::default()
    };
    let body = &chat("keyless", &script);
    let account = &account;
    let first = post(account, "0", body).await;
    let length = first.text().len();
    assert!((200_000..256 * 1024).contains(&length), "{length}");
    let fit = (32 << 20) / length;
    let keys = Vec::from_iter((1..fit).map(|key| key.to_string()));
    for some in keys.chunks(3) {
        for reply in join_all(some.iter().map(|key| post(account, key, body))).await {
            reply.ok();
        }
    }
    let again = post(account, "0", body).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.ok(), first.ok());
    // One more than fit, after all others: of several at once any may be the one too many.
    post(account, &fit.to_string(), body).await.ok();
    post(account, &fit.to_string(), body)
        .await
        .fails("idempotency_conflict");
    assert_eq!(Mock::get().report(&tag).await.requests, fit + 1);
}
