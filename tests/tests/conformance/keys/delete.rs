//! `DELETE /keys/{id}`.

use openclaw_conformance::harness::{Account, hello};
use serde_json::json;

#[tokio::test]
async fn a_revoked_key_is_401_at_once_and_gone() {
    let account = Account::admin().await;
    let key = account.another_key(json!({})).await;
    let client = account.client_with(&key.secret);
    client.chat(&hello("gpt-4")).await.ok();
    let path = format!("/v1/keys/{}", key.id);
    let deleted = account.client.delete(&path).await.ok();
    assert_eq!(
        deleted,
        json!({"id": key.id, "object": "key", "deleted": true})
    );
    client.chat(&hello("gpt-4")).await.fails("unauthorized");
    client.get("/v1/models").await.fails("unauthorized");
    account.client.get(&path).await.fails("not_found");
    account.client.delete(&path).await.fails("not_found");
    let list = account.client.get("/v1/keys").await.ok();
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["id"])
        .collect();
    assert_eq!(ids, [&json!(account.key.id)]);
}
