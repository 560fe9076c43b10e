//! `PATCH /keys/{id}`.

use openclaw_conformance::harness::{Account, gateway, hello};
use serde_json::json;

#[tokio::test]
async fn what_is_given_changes_and_null_removes() {
    let account = Account::new().await;
    let key = account
        .another_key(json!({"rate_limit": 7, "models": ["gpt-4"]}))
        .await;
    let path = format!("/v1/keys/{}", key.id);
    let operator = gateway().await.operator();
    let changed = operator
        .patch(&path, &json!({"name": "renamed"}))
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["rate_limit"]),
        (&json!("renamed"), &json!(7))
    );
    assert!(changed.get("key").is_none(), "{changed}");

    let client = account.client_with(&key.secret);
    client.chat(&hello("claude-3")).await.fails("forbidden");
    let freed = json!({"models": null, "rate_limit": null});
    let changed = operator.patch(&path, &freed).await.ok();
    assert!(
        changed["models"].is_null() && changed["rate_limit"].is_null(),
        "{changed}"
    );
    let reply = client.chat(&hello("claude-3")).await;
    reply.ok();
    assert_eq!(reply.header("x-ratelimit-limit"), Some("100000"));
}

#[tokio::test]
async fn a_lower_limit_takes_effect() {
    let account = Account::new().await;
    let path = format!("/v1/keys/{}", account.key.id);
    let operator = gateway().await.operator();
    operator.patch(&path, &json!({"rate_limit": 3})).await.ok();
    let reply = account.client.get("/v1/models").await;
    assert_eq!(reply.header("x-ratelimit-limit"), Some("3"));
    operator
        .patch(&path, &json!({"scopes": ["models"]}))
        .await
        .ok();
    account
        .client
        .chat(&hello("gpt-4"))
        .await
        .fails("forbidden");
    operator
        .patch(&path, &json!({"rate_limit": 0}))
        .await
        .blames("rate_limit");
    operator
        .patch(&path, &json!({"name": ""}))
        .await
        .blames("name");
}
