//! `DELETE /files/{id}`.

use openclaw_conformance::harness::Account;
use serde_json::json;

#[tokio::test]
async fn it_is_gone() {
    let account = Account::new().await;
    let file = account.client.upload("a", b"x").await;
    let id = file["id"].as_str().unwrap();
    let path = format!("/v1/files/{id}");
    let gone = account.client.delete(&path).await.ok();
    assert_eq!(gone, json!({"id": id, "object": "file", "deleted": true}));
    account.client.get(&path).await.fails("not_found");
    let content = account.client.get(&format!("{path}/content")).await;
    content.fails("not_found");
    account.client.delete(&path).await.fails("not_found");
    assert_eq!(
        account.client.get("/v1/files").await.ok()["data"],
        json!([])
    );
}

#[tokio::test]
async fn what_is_no_id_is_not_found() {
    let account = Account::new().await;
    for id in [
        "file_0",
        "file_..%2F..%2Fetc%2Fpasswd",
        "key_1",
        "file_%00",
        "file_%23a",
        "%F0%9F%94%91",
    ] {
        let path = format!("/v1/files/{id}");
        account.client.get(&path).await.fails("not_found");
        account.client.delete(&path).await.fails("not_found");
        let content = account.client.get(&format!("{path}/content")).await;
        content.fails("not_found");
    }
}
