//! Keys of one account.

use crate::keys::listed;
use futures_util::{StreamExt, stream};
use openclaw_conformance::harness::{Account, Target, gateway};
use serde_json::{Value, json};

/// How many are made at once: on Lambda all are transactions on one item of DynamoDB Local, which conflict.
fn at_once() -> usize {
    match Target::chosen() {
        Target::Native | Target::Workers => 40,
        Target::Lambda => 8,
    }
}

#[tokio::test]
async fn an_account_has_a_thousand_keys_at_most() {
    let operator = gateway().await.operator();
    let account = Account::new().await;
    let key = json!({"name": "one of many", "account": account.id});
    let make = async || operator.post("/v1/keys", &key).await.status;
    let make_many = async |keys| -> Vec<u16> {
        let made = stream::iter(0..keys).map(|_| make());
        made.buffer_unordered(at_once()).collect().await
    };
    let made = make_many(980).await;
    assert!(made.iter().all(|status| *status == 201), "{made:?}");
    // 981 by now.
    let made = make_many(40).await;
    let count = |wanted| made.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(201), count(409)), (19, 21), "{made:?}");
    assert_eq!(listed(&operator, &account.id).await.len(), 1000);
    operator
        .delete(&format!("/v1/keys/{}", account.key.id))
        .await
        .ok();
    assert_eq!(make().await, 201, "there is room again");
    assert_eq!(make().await, 409);
    // All of them, not only the first page.
    let last = listed(&operator, &account.id).await.pop().unwrap();
    account.update(json!({"status": "suspended"})).await;
    let path = format!("/v1/keys/{last}/rotate");
    let rotated = operator.post(&path, &json!({})).await.ok();
    account
        .client_with(secret(&rotated))
        .get("/v1/models")
        .await
        .fails("account_suspended");
}

fn secret(made: &Value) -> &str {
    made["key"].as_str().unwrap()
}
