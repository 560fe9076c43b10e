//! `POST /accounts`.

use openclaw_conformance::harness::{Account, gateway};
use serde_json::{Value, json};

#[tokio::test]
async fn it_has_its_fields_and_defaults() {
    let operator = gateway().await.operator();
    let made = operator
        .post("/v1/accounts", &json!({"name": "Acme"}))
        .await
        .succeeds(201);
    assert!(made["id"].as_str().unwrap().starts_with("acct_"));
    assert_eq!(made["object"], "account");
    assert_eq!(
        (&made["name"], &made["tier"]),
        (&json!("Acme"), &json!("free"))
    );
    assert_eq!(made["status"], "active");
    assert!(
        made["rate_limit"].is_null() && made["monthly_budget"].is_null(),
        "{made}"
    );
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    let path = format!("/v1/accounts/{}", made["id"].as_str().unwrap());
    assert_eq!(operator.get(&path).await.ok(), made);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let operator = gateway().await.operator();
    for (field, value) in [
        ("name", json!("")),
        ("name", json!(7)),
        ("tier", json!("gold")),
        ("rate_limit", json!(0)),
        ("monthly_budget", json!(-0.01)),
    ] {
        let mut account = json!({"name": "x"});
        account[field] = value;
        operator.post("/v1/accounts", &account).await.blames(field);
    }
    operator
        .post("/v1/accounts", &json!({}))
        .await
        .blames("name");
    operator
        .post("/v1/accounts", &Value::Null)
        .await
        .blames("body");
}

#[tokio::test]
async fn it_is_the_operators_alone() {
    let account = Account::admin().await;
    let body = json!({"name": "x"});
    account
        .client
        .unlimited()
        .post("/v1/accounts", &body)
        .await
        .fails("forbidden");
    account
        .client
        .unlimited()
        .get("/v1/accounts")
        .await
        .fails("forbidden");
    let path = format!("/v1/accounts/{}", account.id);
    account
        .client
        .unlimited()
        .delete(&path)
        .await
        .fails("forbidden");
    gateway()
        .await
        .anonymous()
        .post("/v1/accounts", &body)
        .await
        .fails("unauthorized");
}

#[tokio::test]
async fn an_idempotency_key_makes_one() {
    let operator = gateway().await.operator();
    let key = openclaw_conformance::harness::tag("account");
    let post = async |name: &str| {
        let request = operator
            .request("POST", "/v1/accounts")
            .header("idempotency-key", &key);
        operator.send(request.json(&json!({"name": name}))).await
    };
    let first = post("once").await.succeeds(201);
    assert_eq!(post("once").await.succeeds(201), first);
    post("twice").await.fails("idempotency_conflict");
}
