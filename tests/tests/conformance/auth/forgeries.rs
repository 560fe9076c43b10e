//! Tokens the gateway must not believe.

use openclaw_conformance::harness::{Account, Forgery, JWT_SECRETS, Jwt, gateway, now};
use serde_json::json;

const NEWER: &str = JWT_SECRETS[0].1;
const OLDER: &str = JWT_SECRETS[1].1;

/// A real token of a fresh account, taken apart.
async fn genuine() -> (Account, String, Jwt) {
    let account = Account::new().await;
    let body = json!({"api_key": account.key.secret});
    let made = gateway()
        .await
        .anonymous()
        .post("/v1/auth/token", &body)
        .await
        .ok();
    let token = made["token"].as_str().expect("a token").to_string();
    let jwt = Jwt::read(&token);
    (account, token, jwt)
}

async fn refused(account: &Account, what: &str, token: String) {
    let reply = account.client_with(&token).get("/v1/models").await;
    assert_eq!(reply.status, 401, "{what} is believed: {token}");
    reply.fails("unauthorized");
}

#[tokio::test]
async fn the_newest_secret_signs_and_the_older_ones_still_count() {
    let (account, token, jwt) = genuine().await;
    assert_eq!(jwt.header["alg"], "HS256");
    assert_eq!(jwt.header["kid"], "k1");
    assert_eq!(
        jwt.sign(Forgery::Hmac(NEWER)).split('.').count(),
        token.split('.').count()
    );
    let ours = jwt.clone().sign(Forgery::Hmac(NEWER));
    account.client_with(&ours).get("/v1/models").await.ok();
    let older = jwt.header("kid", "k0").sign(Forgery::Hmac(OLDER));
    account.client_with(&older).get("/v1/models").await.ok();
}

#[tokio::test]
async fn other_algorithms_are_refused() {
    let (account, token, jwt) = genuine().await;
    let signature = token.rsplit('.').next().unwrap();
    for none in ["none", "None", "NONE", ""] {
        let jwt = jwt.clone().header("alg", none);
        refused(&account, none, jwt.sign(Forgery::Unsigned)).await;
        refused(&account, none, jwt.sign(Forgery::Hmac(NEWER))).await;
        refused(
            &account,
            none,
            jwt.sign(Forgery::Bytes(signature.as_bytes())),
        )
        .await;
    }
    for other in [
        "RS256", "ES256", "HS384", "HS512", "PS256", "EdDSA", "hs256",
    ] {
        let forged = jwt.clone().header("alg", other).sign(Forgery::Hmac(NEWER));
        refused(&account, other, forged).await;
    }
    refused(
        &account,
        "no alg",
        jwt.without_header("alg").sign(Forgery::Hmac(NEWER)),
    )
    .await;
}

#[tokio::test]
async fn a_wrong_kid_is_refused() {
    let (account, _, jwt) = genuine().await;
    for kid in ["k9", "", "../k1", "K1"] {
        let forged = jwt.clone().header("kid", kid).sign(Forgery::Hmac(NEWER));
        refused(&account, kid, forged).await;
    }
    let swapped = jwt.clone().header("kid", "k0").sign(Forgery::Hmac(NEWER));
    refused(&account, "another secret's kid", swapped).await;
    refused(
        &account,
        "no kid",
        jwt.without_header("kid").sign(Forgery::Hmac(NEWER)),
    )
    .await;
}

#[tokio::test]
async fn a_signature_must_be_right() {
    let (account, token, jwt) = genuine().await;
    refused(&account, "unsigned", jwt.sign(Forgery::Unsigned)).await;
    refused(&account, "signed with nothing", jwt.sign(Forgery::Hmac(""))).await;
    refused(
        &account,
        "signed by another",
        jwt.sign(Forgery::Hmac("secret")),
    )
    .await;
    refused(&account, "zeroes", jwt.sign(Forgery::Bytes(&[0; 32]))).await;
    refused(&account, "too short", jwt.sign(Forgery::Bytes(&[0; 8]))).await;
    let signature = token.rsplit('.').next().unwrap();
    let changed = jwt.clone().claim("exp", now().as_second() + 80_000);
    let changed = changed.sign(Forgery::Unsigned) + signature;
    refused(&account, "another payload under its signature", changed).await;
    for garbage in [
        "a.b.c",
        "..",
        "eyJ.eyJ.",
        &format!("{token}.x"),
        &token[..token.len() - 4],
    ] {
        refused(&account, "garbage", garbage.into()).await;
    }
}

#[tokio::test]
async fn time_is_kept() {
    let (account, _, jwt) = genuine().await;
    let at = |seconds: i64| now().as_second() + seconds;
    // Well beyond any allowance for clocks that differ.
    let expired = jwt
        .clone()
        .claim("exp", at(-600))
        .sign(Forgery::Hmac(NEWER));
    refused(&account, "expired", expired).await;
    let early = jwt.clone().claim("nbf", at(600)).sign(Forgery::Hmac(NEWER));
    refused(&account, "not yet valid", early).await;
    let mut endless = jwt.clone();
    endless.claims.as_object_mut().unwrap().remove("exp");
    refused(
        &account,
        "without an end",
        endless.sign(Forgery::Hmac(NEWER)),
    )
    .await;
    let text = jwt.claim("exp", "never").sign(Forgery::Hmac(NEWER));
    refused(&account, "an end that is no number", text).await;
}

#[tokio::test]
async fn another_accounts_key_cannot_be_claimed_into() {
    let (account, _, jwt) = genuine().await;
    let claims = jwt.claims.as_object().unwrap().clone();
    for name in claims.keys().filter(|name| claims[*name].is_string()) {
        let forged = jwt.clone().claim(name, "key_0000000000000000000000");
        let reply = account.client_with(&forged.sign(Forgery::Hmac(NEWER)));
        let status = reply.unlimited().get("/v1/models").await.status;
        assert_eq!(status, 401, "{name} names nothing that exists");
    }
}
