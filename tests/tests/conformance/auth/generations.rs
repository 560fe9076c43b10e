//! Tokens end with the secret that they were made from.

use openclaw_conformance::harness::{
    Account, Client, Forgery, JWT_SECRETS, Jwt, gateway, hello, now,
};
use serde_json::{Value, json};
use std::time::Duration;

async fn token(secret: &str) -> String {
    let body = json!({"api_key": secret});
    let anonymous = gateway().await.anonymous();
    let made = anonymous.post("/v1/auth/token", &body).await.ok();
    made["token"].as_str().unwrap().to_owned()
}

async fn rotate(account: &Account, grace: u64) -> String {
    let path = format!("/v1/keys/{}/rotate", account.key.id);
    let body = json!({"grace_period": grace});
    let rotated = gateway().await.operator().post(&path, &body).await.ok();
    rotated["key"].as_str().unwrap().to_owned()
}

async fn refused(client: &Client) {
    client.get("/v1/models").await.fails("unauthorized");
    client.chat(&hello("gpt-4")).await.fails("unauthorized");
}

#[tokio::test]
async fn a_token_made_before_a_rotation_without_grace_is_refused_after_it() {
    let account = Account::new().await;
    let old = account.client_with(&token(&account.key.secret).await);
    old.get("/v1/models").await.ok();
    let new = rotate(&account, 0).await;
    refused(&old).await;
    let new = account.client_with(&token(&new).await);
    new.chat(&hello("gpt-4")).await.ok();
}

#[tokio::test]
async fn a_token_lives_as_long_as_the_secret_that_it_was_made_from() {
    let account = Account::new().await;
    let before = account.client_with(&token(&account.key.secret).await);
    let new = rotate(&account, 3).await;
    // Made from the old secret while that lives on: it ends with it, and says so.
    let late = token(&account.key.secret).await;
    let end = Jwt::read(&late).claims["exp"].as_i64().unwrap();
    assert!(end <= now().as_second() + 3, "{end}");
    let late = account.client_with(&late);
    let after = account.client_with(&token(&new).await);
    for client in [&before, &late, &after] {
        client.get("/v1/models").await.ok();
    }
    tokio::time::sleep(Duration::from_millis(4100)).await;
    refused(&before).await;
    refused(&late).await;
    after.get("/v1/models").await.ok();
}

#[tokio::test]
async fn a_token_is_for_this_api_and_from_it() {
    let account = Account::new().await;
    let genuine = Jwt::read(&token(&account.key.secret).await);
    let sign = |jwt: Jwt| jwt.sign(Forgery::Hmac(JWT_SECRETS[0].1));
    let ours = account.client_with(&sign(genuine.clone()));
    ours.get("/v1/models").await.ok();
    for claim in ["iss", "aud"] {
        for other in [json!("another"), Value::Null] {
            let forged = sign(genuine.clone().claim(claim, other));
            refused(&account.client_with(&forged)).await;
        }
    }
    // The number of a secret that there has never been.
    let forged = sign(genuine.claim("gen", 7));
    refused(&account.client_with(&forged)).await;
}
