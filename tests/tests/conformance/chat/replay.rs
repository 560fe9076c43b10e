//! Who gets an answer again.

use openclaw_conformance::{
    harness::{Account, Client, Mock, Reply, chat, eventually, tag},
    upstream::Script,
};
use serde_json::{Value, json};

fn tagged(tag: &str) -> Value {
    let script = Script {
        tag: tag.into(),
        ..Script::default()
    };
    chat("gpt-4", &script)
}

async fn post(client: &Client, body: &Value) -> Reply {
    let request = client.request("POST", "/v1/chat/completions");
    client
        .send(request.header("idempotency-key", "k").json(body))
        .await
}

#[tokio::test]
async fn another_key_of_the_account_is_not_answered_from_memory() {
    let (account, tag) = (Account::new().await, tag("other-key"));
    post(&account.client, &tagged(&tag)).await.ok();
    let other = account.another_key(json!({})).await;
    let other = account.client_with(&other.secret);
    post(&other, &tagged(&tag))
        .await
        .fails("idempotency_conflict");
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
}

#[tokio::test]
async fn a_key_that_may_no_longer_ask_gets_no_answer() {
    let account = Account::new().await;
    let key = account.another_key(json!({"scopes": ["chat"]})).await;
    let client = account.client_with(&key.secret);
    let body = tagged(&tag("narrowed"));
    post(&client, &body).await.ok();
    let admin = account.another_key(json!({"scopes": ["admin"]})).await;
    let admin = account.client_with(&admin.secret);
    let path = format!("/v1/keys/{}", key.id);
    admin
        .patch(&path, &json!({"models": ["claude-3"]}))
        .await
        .ok();
    let refused = eventually(async || {
        let reply = post(&client, &body).await;
        (reply.status != 200).then_some(reply)
    });
    refused
        .await
        .expect("the change is seen")
        .fails("forbidden");
}

#[tokio::test]
async fn while_it_runs_it_may_be_asked_for_again() {
    let (account, tag) = (Account::new().await, tag("runs"));
    let script = Script {
        tag,
        delay_ms: 1000,
        ..Script::default()
    };
    let body = chat("gpt-4", &script);
    let first = post(&account.client, &body);
    let again = async {
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
        post(&account.client, &body).await
    };
    let (first, again) = tokio::join!(first, again);
    first.ok();
    again.fails("idempotency_conflict");
    assert_eq!(again.header("x-should-retry"), Some("true"));
    assert!(again.header("retry-after").is_some());
}
