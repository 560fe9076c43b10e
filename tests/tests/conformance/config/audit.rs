//! `GET /audit`.

use super::empty;
use openclaw_conformance::harness::{Account, Target};
use serde_json::{Value, json};

#[tokio::test]
async fn each_change_is_there_with_who_what_and_what_came_of_it() {
    let (_server, operator) = empty().await;
    let account = Account::on(&operator, json!({}), json!({"scopes": ["admin"]})).await;
    let made = account
        .client
        .post("/v1/keys", &json!({"name": "another"}))
        .await;
    let key = made.succeeds(201)["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/keys/{key}");
    account
        .client
        .patch(&path, &json!({"rate_limit": 0}))
        .await
        .blames("rate_limit");
    // Entries of one millisecond have no order.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    operator.delete(&path).await.ok();
    // Whoever only looks changes nothing.
    account.client.get("/v1/keys").await.ok();
    operator.get("/v1/accounts").await.ok();

    let all = operator.get("/v1/audit").await.ok();
    let entries = all["data"].as_array().unwrap().clone();
    let told = |entry: &Value| (entry["action"].clone(), entry["status"].clone());
    let told = Vec::from_iter(entries.iter().map(told));
    let expected = [
        ("DELETE /keys/{id}", 200),
        ("PATCH /keys/{id}", 400),
        ("POST /keys", 201),
        ("POST /keys", 201),
        ("POST /accounts", 201),
    ];
    let expected = expected.map(|(action, status)| (json!(action), json!(status)));
    assert_eq!(told, expected);
    let [deleted, changed, created, ..] = entries.as_slice() else {
        panic!("{entries:?}")
    };
    assert_eq!(deleted["actor"], json!({"type": "operator"}));
    assert_eq!(deleted["path"], json!(format!("/keys/{key}")));
    let actor = json!({"type": "key", "id": account.key.id, "account": account.id});
    assert_eq!(changed["actor"], actor);
    assert_eq!(created["request"].as_str(), made.header("x-request-id"));
    // Before a Worker of this machine nobody says who the client is.
    let is_told = Target::chosen() != Target::Workers;
    assert_eq!(created["address"].is_string(), is_told, "{created}");

    let of = async |filter: &str| {
        let found = operator.get(&format!("/v1/audit?{filter}")).await.ok();
        found["data"].as_array().unwrap().len()
    };
    assert_eq!(of(&format!("actor={}", account.id)).await, 2);
    assert_eq!(of("actor=operator&action=POST%20").await, 2);
    assert_eq!(of(&format!("path=/keys/{key}")).await, 2);
    assert_eq!(
        of(&format!("after={}", entries[2]["id"].as_str().unwrap())).await,
        2
    );
    assert_eq!(of("since=2999-01-01T00:00:00Z").await, 0);
    // Nothing removes or changes an entry.
    let entry = format!("/v1/audit/{}", entries[0]["id"].as_str().unwrap());
    operator.delete(&entry).await.fails("not_found");
}
