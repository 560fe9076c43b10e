//! `GET /keys/{id}`.

use openclaw_conformance::harness::{Account, eventually, gateway, hello};

#[tokio::test]
async fn anothers_or_none_is_404() {
    let (ours, theirs) = (Account::admin().await, Account::new().await);
    let path = format!("/v1/keys/{}", theirs.key.id);
    ours.client.get(&path).await.fails("not_found");
    ours.client.delete(&path).await.fails("not_found");
    ours.client
        .patch(&path, &serde_json::json!({"name": "mine"}))
        .await
        .fails("not_found");
    let none = "/v1/keys/key_0000000000000000000000";
    ours.client.get(none).await.fails("not_found");
    let operator = gateway().await.operator();
    operator.get(none).await.fails("not_found");
    assert_eq!(operator.get(&path).await.ok()["account"], *theirs.id);
    theirs.client.get("/v1/models").await.ok();
}

#[tokio::test]
async fn it_tells_when_it_was_last_used() {
    let account = Account::new().await;
    account.client.chat(&hello("gpt-4")).await.ok();
    let path = format!("/v1/keys/{}", account.key.id);
    let operator = gateway().await.operator();
    let used = eventually(async || {
        let key = operator.get(&path).await.ok();
        key["last_used_at"].as_str().map(String::from)
    });
    assert!(used.await.expect("a time").ends_with('Z'));
}
