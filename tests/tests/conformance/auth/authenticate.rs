//! Who is let in.

use openclaw_conformance::harness::{Account, gateway, hello};

#[tokio::test]
async fn no_or_wrong_credentials_are_401() {
    let account = Account::new().await;
    let anonymous = gateway().await.anonymous();
    anonymous.get("/v1/models").await.fails("unauthorized");
    let secret = &account.key.secret;
    let last = if secret.ends_with('a') { 'b' } else { 'a' };
    let typo = format!("{}{last}", &secret[..secret.len() - 1]);
    let other_kind = secret.replace("oc_live_", "oc_test_");
    for wrong in [
        "x",
        "oc_live_",
        "oc_live_x_y",
        &typo,
        &other_kind,
        &secret.to_uppercase(),
    ] {
        let client = account.client_with(wrong);
        client.get("/v1/models").await.fails("unauthorized");
        client.chat(&hello("gpt-4")).await.fails("unauthorized");
    }
    let basic = anonymous
        .request("GET", "/v1/models")
        .basic_auth("user", Some(secret));
    anonymous.send(basic).await.fails("unauthorized");
    let bare = anonymous
        .request("GET", "/v1/models")
        .header("authorization", secret);
    anonymous.send(bare).await.fails("unauthorized");
}

#[tokio::test]
async fn a_key_may_stand_in_the_query_and_the_header_wins() {
    let account = Account::new().await;
    let good = format!("/v1/models?api_key={}", account.key.secret);
    let anonymous = gateway().await.anonymous();
    assert_eq!(anonymous.get(&good).await.ok()["object"], "list");
    anonymous
        .get("/v1/models?api_key=wrong")
        .await
        .fails("unauthorized");
    account.client.get("/v1/models?api_key=wrong").await.ok();
    account
        .client_with("wrong")
        .get(&good)
        .await
        .fails("unauthorized");
}

#[tokio::test]
async fn keys_are_made_to_be_recognised() {
    let account = Account::new().await;
    let body = account
        .key
        .secret
        .strip_prefix("oc_live_")
        .expect("its prefix");
    let (id, secret) = body.split_once('_').expect("an id and a secret");
    let plain = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric());
    assert!(plain(id) && plain(secret) && secret.len() >= 32, "{body}");
}

#[tokio::test]
async fn the_operators_token_is_no_key() {
    let gateway = gateway().await;
    let reply = gateway.operator().get("/v1/accounts").await.ok();
    assert_eq!(reply["object"], "list");
    gateway
        .anonymous()
        .get("/v1/accounts")
        .await
        .fails("unauthorized");
    let wrong = gateway
        .anonymous()
        .operator("operator-token-of-somebody-else");
    wrong.get("/v1/accounts").await.fails("unauthorized");
}
