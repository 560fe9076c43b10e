//! `auth`.

use super::{streaming, token, words};
use openclaw_conformance::harness::{
    Account, Failure, Forgery, JWT_SECRETS, Jwt, Target, gateway, hello, now,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A token of the account that ends in so many seconds.
async fn ending_in(account: &Account, seconds: i64) -> String {
    let jwt = Jwt::read(&token(account).await);
    let end = now().as_second() + seconds;
    jwt.claim("exp", end).sign(Forgery::Hmac(JWT_SECRETS[0].1))
}

fn auth(credential: &str) -> Value {
    json!({"type": "auth", "token": credential})
}

#[tokio::test]
async fn a_key_is_welcomed_with_a_session() {
    let account = Account::new().await;
    let mut socket = account.client.dial().open().await;
    let welcome = socket.authenticate(&account.key.secret).await;
    assert_eq!(welcome["account"], *account.id);
    assert!(welcome["expires_at"].is_null(), "{welcome}");
    let other = account.client.socket().await;
    assert_ne!(socket.session, other.session);
}

#[tokio::test]
async fn a_token_is_welcomed_until_its_end() {
    let account = Account::new().await;
    let token = token(&account).await;
    let end = Jwt::read(&token).claims["exp"].as_i64().expect("an end");
    let mut socket = account.client.dial().open().await;
    let welcome = socket.authenticate(&token).await;
    let until: jiff::Timestamp = welcome["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(until.as_second(), end);
    socket.chat("a", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}

#[tokio::test]
async fn a_keys_own_end_is_told() {
    let account = Account::new().await;
    let end = now().round(jiff::Unit::Second).unwrap() + jiff::SignedDuration::from_hours(2);
    let key = json!({"expires_at": end.to_string()});
    let key = account.another_key(key).await;
    let mut socket = account.client.dial().open().await;
    let welcome = socket.authenticate(&key.secret).await;
    let until: jiff::Timestamp = welcome["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(until, end);
}

#[tokio::test]
async fn a_wrong_credential_is_told_and_the_connection_closed() {
    let account = Account::new().await;
    let expired = ending_in(&account, -100).await;
    let wrong = account.key.secret.replace("oc_live_", "oc_live_x");
    for credential in [wrong.as_str(), "nonsense", "a.b.c", &expired] {
        let mut socket = account.client.dial().open().await;
        socket.send(&auth(credential)).await;
        let refusal = socket.expects("error").await;
        Failure::of(&refusal["error"], "unauthorized");
        assert!(refusal["id"].is_null(), "{refusal}");
        socket.is_closed_with(4401).await;
    }
}

#[tokio::test]
async fn a_connection_without_auth_is_closed_after_10_seconds() {
    let mut socket = gateway().await.anonymous().dial().open().await;
    let opened = Instant::now();
    socket.send(&json!({"type": "ping"})).await;
    socket.expects("pong").await;
    let refusal = socket.expects("error").await;
    Failure::of(&refusal["error"], "unauthorized");
    socket.is_closed_with(4401).await;
    let took = opened.elapsed();
    assert!((9..40).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn an_authenticated_connection_lives_longer_than_that() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.is_silent_for(Duration::from_secs(12)).await;
    socket.chat("a", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}

#[tokio::test]
async fn before_it_requests_are_refused_and_the_connection_stays() {
    let account = Account::new().await;
    let mut socket = account.client.dial().open().await;
    socket.chat("a", &hello("gpt-4")).await;
    if Target::chosen() == Target::Lambda {
        // It may have overtaken an `auth` there, and waits for it.
        socket.is_silent_for(Duration::from_secs(2)).await;
        socket.authenticate(&account.key.secret).await;
        assert_eq!(socket.told().await.last()["type"], "chat_complete");
        return;
    }
    let told = socket.told().await;
    assert_eq!(told.last()["id"], "a");
    told.fails("unauthorized");
    socket.authenticate(&account.key.secret).await;
    socket.chat("a", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
    assert_eq!(account.usage(1).await["total_requests"], 1);
}

#[tokio::test]
async fn again_it_renews_with_the_same_session() {
    let account = Account::new().await;
    let mut socket = account.client.dial().open().await;
    let first = socket.authenticate(&ending_in(&account, 100).await).await;
    assert!(first["expires_at"].is_string());
    // While something runs, and without ending it.
    socket.chat("a", &streaming("gpt-4", &words(5, 100))).await;
    socket.send(&auth(&account.key.secret)).await;
    let mut welcome = None;
    let mut ended = false;
    while welcome.is_none() || !ended {
        let frame = socket.frame().await;
        ended |= frame["type"] == "chat_complete";
        if frame["type"] == "auth_ok" {
            welcome = Some(frame);
        }
    }
    let welcome = welcome.expect("it came");
    assert_eq!(welcome["session"], first["session"]);
    assert!(welcome["expires_at"].is_null(), "{welcome}");
}

#[tokio::test]
async fn again_with_another_key_is_a_conflict_and_changes_nothing() {
    let account = Account::new().await;
    let stranger = Account::new().await;
    let second = account.another_key(json!({})).await;
    let mut socket = account.client.socket().await;
    for other in [&second.secret, &stranger.key.secret] {
        socket.send(&auth(other)).await;
        let refusal = socket.expects("error").await;
        Failure::of(&refusal["error"], "conflict");
        assert!(refusal["id"].is_null(), "{refusal}");
    }
    socket.chat("a", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
    let usage = account.usage(1).await;
    assert_eq!(usage["by_key"][0]["key"], *account.key.id);
}

#[tokio::test]
async fn again_with_a_wrong_credential_closes() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.send(&auth("nonsense")).await;
    let refusal = socket.expects("error").await;
    Failure::of(&refusal["error"], "unauthorized");
    socket.is_closed_with(4401).await;
}

#[tokio::test]
async fn when_the_token_ends_what_runs_goes_on_and_new_requests_wait_for_a_renewal() {
    let account = Account::new().await;
    let mut socket = account.client.dial().open().await;
    socket.authenticate(&ending_in(&account, 3).await).await;
    socket
        .chat("long", &streaming("gpt-4", &words(10, 500)))
        .await;
    let told = socket.told().await;
    told.streams(&super::text_of(10));
    socket.chat("late", &hello("gpt-4")).await;
    let told = socket.told().await;
    assert_eq!(told.last()["id"], "late");
    told.fails("unauthorized");
    let session = socket.session.clone();
    socket.authenticate(&token(&account).await).await;
    assert_eq!(socket.session, session);
    socket.chat("late", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
    assert_eq!(account.usage(2).await["total_requests"], 2);
}

#[tokio::test]
async fn a_key_revoked_meanwhile_is_refused() {
    let account = Account::new().await;
    let key = account.another_key(json!({})).await;
    let mut socket = account.client_with(&key.secret).socket().await;
    socket.chat("a", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
    let path = format!("/v1/keys/{}", key.id);
    gateway().await.operator().delete(&path).await.ok();
    socket.chat("b", &hello("gpt-4")).await;
    socket.told().await.fails("unauthorized");
}

#[tokio::test]
async fn a_secret_replaced_meanwhile_without_grace_is_refused() {
    let account = Account::new().await;
    let key = account.another_key(json!({})).await;
    let mut by_key = account.client_with(&key.secret).socket().await;
    let asked = json!({"api_key": key.secret});
    let made = account.client.post("/v1/auth/token", &asked).await.ok();
    let token = made["token"].as_str().unwrap();
    let mut by_token = account.client_with(token).socket().await;
    let (path, at_once) = (
        format!("/v1/keys/{}/rotate", key.id),
        json!({"grace_period": 0}),
    );
    let operator = gateway().await.operator();
    operator.post(&path, &at_once).await.ok();
    for socket in [&mut by_key, &mut by_token] {
        socket.chat("a", &hello("gpt-4")).await;
        socket.told().await.fails("unauthorized");
    }
}
