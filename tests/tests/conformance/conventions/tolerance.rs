//! What is forgiven, and what errors say of another try.

use openclaw_conformance::harness::{Account, gateway, hello, minute_with};
use serde_json::json;

#[tokio::test]
async fn slashes_too_many_are_forgiven() {
    let account = Account::new().await;
    for path in [
        "/v1/models/",
        "/v1//models",
        "//v1/models",
        "/api//v1/models//",
    ] {
        assert_eq!(
            account.client.get(path).await.ok()["object"],
            "list",
            "{path}"
        );
    }
    let body = hello("gpt-4");
    let chat = account.client.post("/v1//chat/completions/", &body);
    assert_eq!(chat.await.ok()["object"], "chat.completion");
    let usage = account.client.get("/v1/analytics/usage/?period=24h").await;
    assert_eq!(usage.ok()["total_requests"], 1);
    let nowhere = account.client.unlimited().get("/v1//nothing/").await;
    nowhere.fails("not_found");
}

#[tokio::test]
async fn errors_say_whether_another_try_may_help() {
    let retry = |reply: &openclaw_conformance::harness::Reply| {
        reply.header("x-should-retry").map(String::from)
    };
    let anonymous = gateway().await.anonymous();
    let nothing = anonymous.get("/v1/nothing").await;
    assert_eq!(retry(&nothing).as_deref(), Some("false"));
    let unauthorized = anonymous.get("/v1/models").await;
    assert_eq!(retry(&unauthorized).as_deref(), Some("false"));
    let account = Account::with(json!({"rate_limit": 2}), json!({})).await;
    minute_with(20).await;
    assert_eq!(retry(&account.client.get("/v1/models").await), None);
    let down = account.client.chat(&hello("down")).await;
    assert!(down.status >= 500, "{}", down.status);
    assert_eq!(retry(&down).as_deref(), Some("true"));
    let limited = account.client.get("/v1/models").await;
    assert_eq!(
        (limited.status, retry(&limited).as_deref()),
        (429, Some("true"))
    );
}
