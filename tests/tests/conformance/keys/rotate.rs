//! `POST /keys/{id}/rotate`.

use openclaw_conformance::harness::Account;
use serde_json::{Value, json};
use std::time::Duration;

async fn rotate(account: &Account, body: &Value) -> String {
    let path = format!("/v1/keys/{}/rotate", account.key.id);
    let rotated = account.client.post(&path, body).await.ok();
    assert_eq!(rotated["id"], *account.key.id);
    rotated["key"].as_str().expect("a secret").into()
}

#[tokio::test]
async fn the_old_secret_ends_at_once_without_a_grace_period() {
    let account = Account::admin().await;
    let new = rotate(&account, &json!({"grace_period": 0})).await;
    assert_ne!(new, account.key.secret);
    account.client.get("/v1/models").await.fails("unauthorized");
    account.client_with(&new).get("/v1/models").await.ok();
}

#[tokio::test]
async fn the_old_secret_lives_for_the_grace_period() {
    let account = Account::admin().await;
    let grace = Duration::from_secs(15);
    let new = rotate(&account, &json!({"grace_period": grace.as_secs()})).await;
    account.client.get("/v1/models").await.ok();
    let path = format!("/v1/keys/{}", account.key.id);
    let client = account.client_with(&new);
    let until = client.get(&path).await.ok()["previous_secret_expires_at"].take();
    assert!(until.as_str().unwrap().ends_with('Z'), "{until}");
    account.client_with(&new).get("/v1/models").await.ok();
    tokio::time::sleep(grace + Duration::from_millis(1100)).await;
    account.client.get("/v1/models").await.fails("unauthorized");
    let shown = client.get(&path).await.ok();
    assert_eq!(shown["previous_secret_expires_at"], json!(null));
    account.client_with(&new).get("/v1/models").await.ok();
}

#[tokio::test]
async fn the_grace_period_has_bounds() {
    let account = Account::admin().await;
    let path = format!("/v1/keys/{}/rotate", account.key.id);
    let body = json!({"grace_period": 2_592_001});
    account
        .client
        .post(&path, &body)
        .await
        .blames("grace_period");
    account.client.get("/v1/models").await.ok();
    let nothing = "/v1/keys/key_0000000000000000000000/rotate";
    account
        .client
        .post(nothing, &json!({}))
        .await
        .fails("not_found");
}
