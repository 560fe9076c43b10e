//! Where a credential may stand.

use openclaw_conformance::harness::{ADMIN_TOKEN, Account, gateway};

#[tokio::test]
async fn a_key_may_stand_where_other_vendors_clients_put_it() {
    let account = Account::new().await;
    let anonymous = gateway().await.anonymous();
    for (name, value) in [
        ("authorization", format!("bEARER {}", account.key.secret)),
        ("x-api-key", account.key.secret.clone()),
        ("api-key", account.key.secret.clone()),
    ] {
        let request = anonymous.request("GET", "/v1/models").header(name, value);
        assert_eq!(
            anonymous.send(request).await.ok()["object"],
            "list",
            "{name}"
        );
    }
    let request = anonymous.request("GET", "/v1/models?api_key=wrong");
    let request = request.header("x-api-key", &account.key.secret);
    anonymous.send(request).await.ok();
}

#[tokio::test]
async fn the_operators_token_is_taken_from_a_header_only() {
    let anonymous = gateway().await.anonymous();
    let in_url = format!("/v1/accounts?api_key={ADMIN_TOKEN}");
    anonymous.get(&in_url).await.fails("unauthorized");
    let request = anonymous.request("GET", "/v1/accounts");
    let request = request.header("x-api-key", ADMIN_TOKEN);
    anonymous.send(request).await.ok();
}
