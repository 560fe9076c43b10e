//! A key that manages keys gives no more than it has.

use openclaw_conformance::harness::{Account, gateway, now};
use serde_json::{Value, json};
use std::time::Duration;

fn in_days(days: u64) -> String {
    (now() + Duration::from_secs(days * 86_400)).to_string()
}

/// An account whose only key has all bounds there are.
async fn bounded() -> Account {
    let account = json!({"tier": "enterprise", "rate_limit": 100_000});
    let key = json!({
        "scopes": ["admin"],
        "expires_at": in_days(2),
        "rate_limit": 1000,
        "monthly_budget": 5,
        "models": ["gpt-4", "claude-3"],
    });
    Account::with(account, key).await
}

/// Each of them, as more than that key has.
fn more() -> Vec<(&'static str, Value)> {
    vec![
        ("expires_at", json!(in_days(3))),
        ("rate_limit", json!(1001)),
        ("monthly_budget", json!(5.01)),
        ("models", json!(["gpt-4", "dear"])),
    ]
}

#[tokio::test]
async fn a_new_key_has_no_more_than_its_maker() {
    let account = bounded().await;
    for (field, value) in more() {
        let mut key = json!({"name": "more"});
        key[field] = value;
        account
            .client
            .post("/v1/keys", &key)
            .await
            .fails("forbidden");
    }
    let same = json!({"name": "same"});
    let made = account.client.post("/v1/keys", &same).await.succeeds(201);
    for field in ["expires_at", "rate_limit", "monthly_budget", "models"] {
        assert_eq!(made[field], account.key.shown[field], "{field}");
    }
    let less = json!({"name": "less", "rate_limit": 10, "monthly_budget": 1, "models": ["gpt-4"]});
    let made = account.client.post("/v1/keys", &less).await.succeeds(201);
    assert_eq!(
        (&made["rate_limit"], &made["models"]),
        (&json!(10), &json!(["gpt-4"]))
    );
}

#[tokio::test]
async fn a_change_gives_no_more_than_its_maker_has() {
    let account = bounded().await;
    let other = account.another_key(json!({})).await;
    let path = format!("/v1/keys/{}", other.id);
    for (field, value) in more() {
        account
            .client
            .patch(&path, &json!({field: value}))
            .await
            .fails("forbidden");
        account
            .client
            .patch(&path, &json!({field: null}))
            .await
            .fails("forbidden");
    }
    let less = json!({"rate_limit": 9, "monthly_budget": 1, "models": ["gpt-4"]});
    account.client.patch(&path, &less).await.ok();
    // A secret is all that its key may: it is not given to a key that may less.
    let more = account.another_key(json!({})).await;
    let path = format!("/v1/keys/{}/rotate", more.id);
    account
        .client
        .post(&path, &json!({}))
        .await
        .fails("forbidden");
}

#[tokio::test]
async fn a_key_changes_nothing_of_itself_but_its_name() {
    let account = Account::admin().await;
    let path = format!("/v1/keys/{}", account.key.id);
    for change in [
        json!({"rate_limit": null}),
        json!({"scopes": ["admin", "chat"]}),
        json!({"monthly_budget": 1}),
        json!({"expires_at": in_days(1)}),
        json!({"models": null}),
        json!({"on_disconnect": "drain"}),
        json!({"route_override": true}),
    ] {
        let reply = account.client.patch(&path, &change).await;
        assert_eq!(reply.status, 403, "{change}: {}", reply.text());
    }
    let name = json!({"name": "renamed"});
    let renamed = account.client.patch(&path, &name).await.ok();
    assert_eq!(renamed["name"], "renamed");
}

#[tokio::test]
async fn a_token_manages_no_keys() {
    let account = Account::admin().await;
    let body = json!({"api_key": account.key.secret, "expires_in": 60});
    let anonymous = gateway().await.anonymous();
    let made = anonymous.post("/v1/auth/token", &body).await.ok();
    let client = account.client_with(made["token"].as_str().unwrap());
    let path = format!("/v1/keys/{}", account.key.id);
    let key = json!({"name": "for ever"});
    client.post("/v1/keys", &key).await.fails("forbidden");
    client.patch(&path, &key).await.fails("forbidden");
    client
        .post(&format!("{path}/rotate"), &json!({}))
        .await
        .fails("forbidden");
    client.delete(&path).await.fails("forbidden");
    client.get(&path).await.ok();
    client.get("/v1/keys").await.ok();
}

#[tokio::test]
async fn a_token_that_was_made_for_it_manages_keys_within_its_keys_bounds() {
    let account = Account::admin().await;
    let token = async |key: &str| {
        let body = json!({"api_key": key, "expires_in": 60, "manage_keys": true});
        let made = gateway()
            .await
            .anonymous()
            .post("/v1/auth/token", &body)
            .await
            .ok();
        account.client_with(made["token"].as_str().unwrap())
    };
    let client = token(&account.key.secret).await;
    let bounded = json!({"name": "bounded", "scopes": ["admin"], "rate_limit": 50});
    let made = client.post("/v1/keys", &bounded).await.succeeds(201);
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());

    let bounded = token(made["key"].as_str().unwrap()).await;
    let wider = json!({"name": "wider", "rate_limit": 51});
    bounded.post("/v1/keys", &wider).await.fails("forbidden");
    client
        .post(&format!("{path}/rotate"), &json!({}))
        .await
        .ok();
    client.delete(&path).await.ok();
    let plain = account.another_key(json!({})).await;
    let plain = token(&plain.secret).await;
    plain
        .post("/v1/keys", &json!({"name": "x"}))
        .await
        .fails("forbidden");
}

#[tokio::test]
async fn every_list_and_text_has_bounds() {
    let account = Account::admin().await;
    let many: Vec<_> = (0..101).map(|at| format!("model-{at}")).collect();
    for (field, blamed, value) in [
        ("models", "models", json!(many)),
        ("models", "models[0]", json!(["x".repeat(201)])),
        ("models", "models[0]", json!([""])),
        ("models", "models[1]", json!(["gpt-4", "gpt-4"])),
        ("scopes", "scopes[1]", json!(["chat", "chat"])),
        ("name", "name", json!("é".repeat(201))),
    ] {
        let mut key = json!({"name": "x"});
        key[field] = value;
        account.client.post("/v1/keys", &key).await.blames(blamed);
        let path = format!("/v1/keys/{}", account.another_key(json!({})).await.id);
        let change = json!({field: key[field]});
        account.client.patch(&path, &change).await.blames(blamed);
    }
    let most: Vec<_> = (0..100).map(|at| format!("{at:0>200}")).collect();
    let key = json!({"name": "é".repeat(200), "models": most});
    account.client.post("/v1/keys", &key).await.succeeds(201);
}
