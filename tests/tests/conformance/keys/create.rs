//! `POST /keys`.

use openclaw_conformance::harness::{Account, chat, gateway, hello, now};
use openclaw_conformance::upstream::Script;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn the_secret_is_shown_once() {
    let account = Account::admin().await;
    let made = account
        .client
        .post("/v1/keys", &json!({"name": "ci"}))
        .await
        .succeeds(201);
    let secret = made["key"].as_str().unwrap();
    account.client_with(secret).chat(&hello("gpt-4")).await.ok();
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    for path in [path.as_str(), "/v1/keys"] {
        let reply = account.client.get(path).await;
        reply.ok();
        assert!(!reply.text().contains(&secret[20..]), "{}", reply.text());
    }
    let mut shown = account.client.get(&path).await.ok();
    let mut without_secret = made.clone();
    without_secret.as_object_mut().unwrap().remove("key");
    // It was used in between.
    for key in [&mut shown, &mut without_secret] {
        key.as_object_mut().unwrap().remove("last_used_at");
    }
    assert_eq!(without_secret["spent"], 0.0);
    assert!(without_secret["budget_resets_at"].is_string());
    // The chat has cost something.
    for key in [&mut shown, &mut without_secret] {
        assert!(key.as_object_mut().unwrap().remove("spent").is_some());
    }
    assert_eq!(shown, without_secret);
}

#[tokio::test]
async fn it_has_its_fields_and_defaults() {
    let account = Account::admin().await;
    let made = account
        .client
        .post("/v1/keys", &json!({"name": "ci"}))
        .await
        .succeeds(201);
    assert!(made["id"].as_str().unwrap().starts_with("key_"));
    assert_eq!(made["object"], "key");
    assert_eq!(made["account"], *account.id);
    assert_eq!(made["name"], "ci");
    for absent in [
        "expires_at",
        "rate_limit",
        "monthly_budget",
        "models",
        "last_used_at",
    ] {
        assert!(made[absent].is_null(), "{absent}: {made}");
    }
    let scopes: Vec<_> = made["scopes"].as_array().unwrap().iter().collect();
    assert!(scopes.iter().any(|scope| **scope == "chat"), "{made}");
    assert!(!scopes.iter().any(|scope| **scope == "admin"), "{made}");
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    let test = json!({"name": "t", "mode": "test"});
    let made = account.client.post("/v1/keys", &test).await.succeeds(201);
    assert!(made["key"].as_str().unwrap().starts_with("oc_test_"));
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let account = Account::admin().await;
    let key = |field: &str, value: Value| {
        let mut key = json!({"name": "x"});
        key[field] = value;
        key
    };
    let past = "2020-01-01T00:00:00Z";
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(201))),
        ("name", Value::Null),
        ("scopes", json!([])),
        ("expires_at", json!(past)),
        ("rate_limit", json!(0)),
        ("monthly_budget", json!(-1)),
    ] {
        account
            .client
            .post("/v1/keys", &key(field, value))
            .await
            .blames(field);
    }
    let scopes = key("scopes", json!(["chat", "everything"]));
    account
        .client
        .post("/v1/keys", &scopes)
        .await
        .blames("scopes[1]");
    let reply = gateway()
        .await
        .operator()
        .post("/v1/keys", &json!({"name": "x"}))
        .await;
    reply.blames("account");
}

#[tokio::test]
async fn one_for_another_account_is_not_given() {
    let (ours, theirs) = (Account::admin().await, Account::new().await);
    let body = json!({"name": "x", "account": theirs.id});
    ours.client.post("/v1/keys", &body).await.fails("forbidden");
    let nowhere = json!({"name": "x", "account": "acct_0000000000000000000000"});
    let reply = gateway().await.operator().post("/v1/keys", &nowhere).await;
    reply.fails("not_found");
}

#[tokio::test]
async fn an_expired_one_is_401() {
    let account = Account::new().await;
    let soon = now() + Duration::from_secs(2);
    let key = account
        .another_key(json!({"expires_at": soon.to_string()}))
        .await;
    let client = account.client_with(&key.secret);
    client.get("/v1/models").await.ok();
    tokio::time::sleep(Duration::from_millis(2200)).await;
    client.get("/v1/models").await.fails("unauthorized");
}

#[tokio::test]
async fn one_may_be_held_to_some_models() {
    let account = Account::new().await;
    let key = account.another_key(json!({"models": ["claude-3"]})).await;
    let client = account.client_with(&key.secret);
    client.chat(&hello("claude-3")).await.ok();
    client.chat(&hello("gpt-4")).await.fails("forbidden");
    client
        .post("/v1/chat/completions/stream", &hello("gpt-4"))
        .await
        .fails("forbidden");
    account
        .client
        .chat(&chat("gpt-4", &Script::default()))
        .await
        .ok();
}

/// The first answer cannot be given again, because the secret is shown once and kept nowhere:
/// what is promised is that nothing is done twice.
#[tokio::test]
async fn an_idempotency_key_makes_one() {
    let account = Account::admin().await;
    let post = async || {
        let request = account.client.request("POST", "/v1/keys");
        let request = request.header("idempotency-key", "k");
        account
            .client
            .send(request.json(&json!({"name": "once"})))
            .await
    };
    let first = post().await.succeeds(201);
    let again = post().await;
    if again.status == 201 {
        assert_eq!(again.json(), first);
    } else {
        again.fails("idempotency_conflict");
    }
    let list = account.client.get("/v1/keys").await.ok();
    assert_eq!(
        list["data"].as_array().unwrap().len(),
        2,
        "its first one and this one"
    );
}
