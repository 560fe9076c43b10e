//! `/webhooks`: made, shown, changed, removed.

use super::Endpoint;
use openclaw_conformance::harness::{Account, Receiver};
use serde_json::json;

#[tokio::test]
async fn an_endpoint_is_made_shown_changed_and_removed() {
    let account = Account::new().await;
    let url = Receiver::get().url("nobody");
    let body = json!({"url": url, "events": ["key.revoked", "chat.completed", "key.revoked"], "description": "d"});
    let made = account
        .client
        .post("/v1/webhooks", &body)
        .await
        .succeeds(201);
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("wh_"), "{made}");
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made["events"], json!(["chat.completed", "key.revoked"]));
    assert_eq!(
        (&made["object"], &made["status"]),
        (&json!("webhook"), &json!("enabled"))
    );
    let path = format!("/v1/webhooks/{id}");
    let shown = account.client.get(&path).await.ok();
    assert_eq!(shown["url"], url);
    assert!(
        shown["secret"].is_null() && shown["previous_secret"].is_null(),
        "{shown}"
    );
    let list = account.client.get("/v1/webhooks").await.ok();
    assert_eq!(list["data"], json!([shown]));
    let change = json!({"events": ["*"], "description": null, "status": "disabled"});
    let changed = account.client.patch(&path, &change).await.ok();
    assert_eq!(changed["events"], json!(["*"]));
    assert_eq!(
        (&changed["description"], &changed["status"]),
        (&json!(null), &json!("disabled"))
    );
    account.client.delete(&path).await.ok();
    account.client.get(&path).await.fails("not_found");
    account.client.delete(&path).await.fails("not_found");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let account = Account::new().await;
    let good = Receiver::get().url("nobody");
    for (url, events, field) in [
        ("http://example.com/", json!(["*"]), "url"),
        ("https://127.0.0.1/", json!(["*"]), "url"),
        ("https://10.1.2.3/", json!(["*"]), "url"),
        (
            "https://169.254.169.254/latest/meta-data",
            json!(["*"]),
            "url",
        ),
        ("https://localhost/", json!(["*"]), "url"),
        ("https://user:password@example.com/", json!(["*"]), "url"),
        ("not a url", json!(["*"]), "url"),
        (&good, json!([]), "events"),
        (&good, json!(["*", "chat.done"]), "events[1]"),
    ] {
        let body = json!({"url": url, "events": events});
        account
            .client
            .post("/v1/webhooks", &body)
            .await
            .blames(field);
    }
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let body = json!({"url": "http://10.0.0.1/"});
    account
        .client
        .patch(&endpoint.path(""), &body)
        .await
        .blames("url");
    let body = json!({"grace_period": 604_801});
    account
        .client
        .post(&endpoint.path("/rotate"), &body)
        .await
        .blames("grace_period");
    let body = json!({"event": "chat.done"});
    account
        .client
        .post(&endpoint.path("/test"), &body)
        .await
        .blames("event");
}

#[tokio::test]
async fn endpoints_are_the_accounts_own_and_need_the_scope() {
    let (one, two) = (Account::new().await, Account::new().await);
    let endpoint = Endpoint::new(&one, &["*"]).await;
    two.client.get(&endpoint.path("")).await.fails("not_found");
    two.client
        .delete(&endpoint.path(""))
        .await
        .fails("not_found");
    let body = json!({"event": "chat.completed"});
    two.client
        .post(&endpoint.path("/test"), &body)
        .await
        .fails("not_found");
    let key = one.another_key(json!({"scopes": ["chat"]})).await;
    let client = one.client_with(&key.secret);
    client.get("/v1/webhooks").await.fails("forbidden");
}
