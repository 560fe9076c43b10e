//! `POST /auth/token`.

use openclaw_conformance::harness::{Account, Client, gateway, hello, now};
use serde_json::{Value, json};

const PATH: &str = "/v1/auth/token";

async fn token(client: &Client, account: &Account, expires_in: Value) -> Value {
    let body = json!({"api_key": account.key.secret, "expires_in": expires_in});
    client.post(PATH, &body).await.ok()
}

#[tokio::test]
async fn a_token_opens_what_its_key_opens() {
    let account = Account::new().await;
    let anonymous = gateway().await.anonymous();
    let made = token(&anonymous, &account, 3600.into()).await;
    assert_eq!(
        (&made["token_type"], &made["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    let expires: jiff::Timestamp = made["expires_at"].as_str().unwrap().parse().unwrap();
    let seconds = expires.as_second() - now().as_second();
    assert!((3590..=3600).contains(&seconds), "{seconds}");
    assert!(made["expires_at"].as_str().unwrap().ends_with('Z'));

    let client = account.client_with(made["token"].as_str().unwrap());
    client.chat(&hello("gpt-4")).await.ok();
    client.get("/v1/models").await.ok();
    client.get("/v1/keys").await.fails("forbidden");
    assert_eq!(account.usage(1).await["total_requests"], 1);
    let in_query = format!("/v1/models?api_key={}", made["token"].as_str().unwrap());
    anonymous.get(&in_query).await.ok();
}

#[tokio::test]
async fn its_life_has_bounds_and_a_default() {
    let account = Account::new().await;
    let anonymous = gateway().await.anonymous();
    for seconds in [60, 86_400] {
        let made = token(&anonymous, &account, seconds.into()).await;
        assert_eq!(made["expires_in"], seconds);
    }
    let body = json!({"api_key": account.key.secret});
    assert_eq!(anonymous.post(PATH, &body).await.ok()["expires_in"], 3600);
    for wrong in [
        json!(59),
        json!(86_401),
        json!(-1),
        json!("3600"),
        json!(61.5),
    ] {
        let body = json!({"api_key": account.key.secret, "expires_in": wrong});
        anonymous.post(PATH, &body).await.blames("expires_in");
    }
}

#[tokio::test]
async fn only_a_key_that_works_gets_one() {
    let account = Account::new().await;
    let anonymous = gateway().await.anonymous();
    anonymous.post(PATH, &json!({})).await.blames("api_key");
    let made = token(&anonymous, &account, 60.into()).await;
    for wrong in ["", "oc_live_x_y", made["token"].as_str().unwrap()] {
        anonymous
            .post(PATH, &json!({"api_key": wrong}))
            .await
            .fails("unauthorized");
    }
}

#[tokio::test]
async fn revoking_the_key_kills_its_tokens() {
    let account = Account::new().await;
    let gateway = gateway().await;
    let made = token(&gateway.anonymous(), &account, 3600.into()).await;
    let client = account.client_with(made["token"].as_str().unwrap());
    client.get("/v1/models").await.ok();
    let key = format!("/v1/keys/{}", account.key.id);
    gateway.operator().delete(&key).await.ok();
    client.get("/v1/models").await.fails("unauthorized");
    let body = json!({"api_key": account.key.secret});
    gateway
        .anonymous()
        .post(PATH, &body)
        .await
        .fails("unauthorized");
}

#[tokio::test]
async fn a_sign_in_code_gives_one_token_and_opens_nothing_else() {
    let account = Account::admin().await;
    let anonymous = gateway().await.anonymous();
    let body = json!({"api_key": account.key.secret, "single_use": true, "manage_keys": true});
    let made = anonymous.post(PATH, &body).await.ok();
    let code = made["token"].as_str().unwrap();
    let with_code = account.client_with(code);
    with_code.get("/v1/account").await.fails("unauthorized");

    let exchange = json!({"api_key": code, "manage_keys": true});
    let again = json!({"api_key": code, "single_use": true});
    anonymous.post(PATH, &again).await.blames("single_use");
    let token = anonymous.post(PATH, &exchange).await.ok();
    let client = account.client_with(token["token"].as_str().unwrap());
    client.get("/v1/account").await.ok();
    let key = json!({"name": "made by a session"});
    client.post("/v1/keys", &key).await.succeeds(201);
    anonymous.post(PATH, &exchange).await.fails("unauthorized");
}

#[tokio::test]
async fn a_code_gives_no_more_than_it_was_made_for() {
    let account = Account::admin().await;
    let anonymous = gateway().await.anonymous();
    let body = json!({"api_key": account.key.secret, "single_use": true});
    let made = anonymous.post(PATH, &body).await.ok();
    let exchange = json!({"api_key": made["token"], "manage_keys": true});
    let token = anonymous.post(PATH, &exchange).await.ok();
    let client = account.client_with(token["token"].as_str().unwrap());
    let key = json!({"name": "for ever"});
    client.post("/v1/keys", &key).await.fails("forbidden");
}

#[tokio::test]
async fn the_operators_token_gets_one_that_opens_what_it_opens() {
    let gateway = gateway().await;
    let anonymous = gateway.anonymous();
    let body = json!({"api_key": gateway.admin_token, "expires_in": 60});
    let made = anonymous.post(PATH, &body).await.ok();
    assert_eq!(made["expires_in"], 60);
    let token = made["token"].as_str().unwrap();
    let operator = anonymous.clone().operator(token);
    let account = operator
        .post("/v1/accounts", &json!({"name": "made by a token"}))
        .await;
    let id = account.succeeds(201)["id"].as_str().unwrap().to_owned();
    let key = json!({"account": id, "name": "k"});
    operator.post("/v1/keys", &key).await.succeeds(201);
    // A header only, as the operator's own; and where only accounts may call, it opens nothing.
    let in_query = format!("/v1/accounts?api_key={token}");
    anonymous.get(&in_query).await.fails("unauthorized");
    let nobody = operator.get("/v1/account").await;
    nobody.fails("forbidden");
    let mut wrong = body.clone();
    wrong["single_use"] = true.into();
    anonymous.post(PATH, &wrong).await.blames("single_use");
    wrong["api_key"] = format!("{}x", gateway.admin_token).into();
    anonymous.post(PATH, &wrong).await.fails("unauthorized");
}
