//! `PATCH /accounts/{id}`.

use openclaw_conformance::harness::{Account, Reply, gateway, hello};
use serde_json::json;

fn limit(reply: &Reply) -> Option<&str> {
    reply.header("x-ratelimit-limit")
}

#[tokio::test]
async fn another_tier_is_another_limit() {
    let account = Account::of_tier("free").await;
    assert_eq!(limit(&account.client.get("/v1/models").await), Some("100"));
    account.update(json!({"tier": "pro"})).await;
    assert_eq!(limit(&account.client.get("/v1/models").await), Some("1000"));
    account
        .update(json!({"tier": "enterprise", "rate_limit": 1234}))
        .await;
    assert_eq!(limit(&account.client.get("/v1/models").await), Some("1234"));
    let changed = account
        .update(json!({"rate_limit": null, "tier": "free"}))
        .await;
    assert!(changed["rate_limit"].is_null(), "{changed}");
    assert_eq!(limit(&account.client.get("/v1/models").await), Some("100"));
}

#[tokio::test]
async fn a_suspended_accounts_keys_are_refused_until_it_is_active_again() {
    let account = Account::new().await;
    let body = json!({"api_key": account.key.secret});
    let made = gateway()
        .await
        .anonymous()
        .post("/v1/auth/token", &body)
        .await
        .ok();
    let token = account.client_with(made["token"].as_str().unwrap());
    account.update(json!({"status": "suspended"})).await;
    account
        .client
        .chat(&hello("gpt-4"))
        .await
        .fails("account_suspended");
    token.get("/v1/models").await.fails("account_suspended");
    account.update(json!({"status": "active"})).await;
    account.client.chat(&hello("gpt-4")).await.ok();
    token.get("/v1/models").await.ok();
}

#[tokio::test]
async fn what_is_wrong_is_named_and_changes_nothing() {
    let account = Account::of_tier("free").await;
    let operator = gateway().await.operator();
    let path = format!("/v1/accounts/{}", account.id);
    for (field, value) in [
        ("tier", json!("gold")),
        ("name", json!("")),
        ("rate_limit", json!(0)),
        ("status", json!("asleep")),
    ] {
        let mut changes = json!({"name": "changed"});
        changes[field] = value;
        operator.patch(&path, &changes).await.blames(field);
    }
    assert_eq!(operator.get(&path).await.ok()["name"], "conformance");
    let nothing = "/v1/accounts/acct_0000000000000000000000";
    operator.patch(nothing, &json!({})).await.fails("not_found");
}
