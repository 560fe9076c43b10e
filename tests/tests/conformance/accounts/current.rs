//! `GET /account`.

use openclaw_conformance::harness::{Account, gateway, hello};
use serde_json::json;

#[tokio::test]
async fn a_key_sees_whose_it_is_and_what_is_left_to_it() {
    let account = Account::with(json!({"monthly_budget": 5.0}), json!({})).await;
    let operator = gateway().await.operator();
    account.client.chat(&hello("gpt-4")).await.ok();
    let reply = account.client.get("/v1/account").await;
    let shown = reply.ok();
    assert_eq!(shown["id"], *account.id);
    assert_eq!(shown["object"], "account");
    assert_eq!(shown["tier"], "free");
    assert!(shown["scopes"].as_array().unwrap().contains(&json!("chat")));
    assert_eq!(
        shown["key"],
        json!({"id": account.key.id, "name": account.key.shown["name"]})
    );
    let (limit, left) = (&shown["rate_limit"], reply.header("x-ratelimit-remaining"));
    assert_eq!(limit["limit"], 100);
    assert_eq!(limit["remaining"].to_string(), left.unwrap());
    assert!(limit["reset"].as_str().unwrap().ends_with(":00Z"));
    let budget = &shown["budget"];
    assert_eq!(budget["monthly"], 5.0);
    assert!(
        budget["resets_at"]
            .as_str()
            .unwrap()
            .ends_with("-01T00:00:00Z")
    );
    let spent = budget["spent"].as_f64().unwrap();
    assert!(spent > 0.0 && spent < 1.0, "{spent}");

    // Its key has spent all of it.
    let path = format!("/v1/keys/{}", account.key.id);
    let key = operator.get(&path).await.ok();
    assert_eq!(key["spent"], budget["spent"]);
    assert_eq!(key["budget_resets_at"], budget["resets_at"]);
    let list = operator
        .get(&format!("/v1/keys?account={}", account.id))
        .await
        .ok();
    assert_eq!(list["data"][0]["spent"], budget["spent"]);
    let patched = operator.patch(&path, &json!({"name": "n"})).await.ok();
    assert_eq!(patched["spent"], budget["spent"]);
}

#[tokio::test]
async fn any_scope_does_and_the_operator_has_no_account() {
    let account = Account::with(json!({}), json!({"scopes": ["files"]})).await;
    account.client.get("/v1/account").await.ok();
    let operator = gateway().await.operator();
    operator.get("/v1/account").await.fails("forbidden");
    let nobody = account.client_with("none");
    nobody.get("/v1/account").await.fails("unauthorized");
}
