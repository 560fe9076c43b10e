//! `DELETE /accounts/{id}`.

use openclaw_conformance::harness::{Account, gateway, hello};
use serde_json::json;

#[tokio::test]
async fn its_keys_go_with_it() {
    let account = Account::new().await;
    let operator = gateway().await.operator();
    let path = format!("/v1/accounts/{}", account.id);
    let deleted = operator.delete(&path).await.ok();
    assert_eq!(
        deleted,
        json!({"id": account.id, "object": "account", "deleted": true})
    );
    account
        .client
        .chat(&hello("gpt-4"))
        .await
        .fails("unauthorized");
    operator.get(&path).await.fails("not_found");
    operator.delete(&path).await.fails("not_found");
    operator
        .get(&format!("/v1/keys/{}", account.key.id))
        .await
        .fails("not_found");
}
