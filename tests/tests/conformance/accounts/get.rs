//! `GET /accounts/{id}`.

use openclaw_conformance::harness::gateway;

#[tokio::test]
async fn none_is_404() {
    let operator = gateway().await.operator();
    for id in ["acct_0000000000000000000000", "x", "%2e%2e"] {
        operator
            .get(&format!("/v1/accounts/{id}"))
            .await
            .fails("not_found");
    }
}
