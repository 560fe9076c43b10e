//! `GET /v1/ws`: 101, or why not.

use super::token;
use openclaw_conformance::harness::{Account, gateway, hello};

#[tokio::test]
async fn a_key_may_be_in_the_query() {
    let account = Account::new().await;
    for credential in [account.key.secret.clone(), token(&account).await] {
        let query = format!("?api_key={credential}");
        let mut socket = account.client.dial().query(&query).open().await;
        let welcome = socket.welcomed().await;
        assert_eq!(welcome["account"], *account.id);
        socket.chat("a", &hello("gpt-4")).await;
        assert_eq!(socket.told().await.last()["type"], "chat_complete");
    }
}

#[tokio::test]
async fn a_key_may_be_in_the_header() {
    let account = Account::new().await;
    for credential in [account.key.secret.clone(), token(&account).await] {
        let bearer = format!("Bearer {credential}");
        let dial = account.client.dial().header("authorization", &bearer);
        let mut socket = dial.open().await;
        let welcome = socket.welcomed().await;
        assert_eq!(welcome["account"], *account.id);
        socket.chat("a", &hello("gpt-4")).await;
        assert_eq!(socket.told().await.last()["type"], "chat_complete");
    }
}

#[tokio::test]
async fn the_header_wins() {
    let account = Account::new().await;
    let bearer = format!("Bearer {}", account.key.secret);
    let dial = account.client.dial().query("?api_key=oc_live_wrong");
    let mut socket = dial.header("authorization", &bearer).open().await;
    socket.welcomed().await;
}

#[tokio::test]
async fn wrong_credentials_are_401_in_place_of_101() {
    let account = Account::new().await;
    let wrong = account.key.secret.replace("oc_live_", "oc_live_x");
    for credential in [wrong.as_str(), "nonsense", "a.b.c"] {
        let query = format!("?api_key={credential}");
        let dial = account.client.dial().query(&query);
        dial.is_refused("unauthorized").await;
        let bearer = format!("Bearer {credential}");
        let dial = account.client.dial().header("authorization", &bearer);
        dial.is_refused("unauthorized").await;
    }
}

#[tokio::test]
async fn a_revoked_key_is_401() {
    let account = Account::new().await;
    let key = account.another_key(serde_json::json!({})).await;
    let path = format!("/v1/keys/{}", key.id);
    gateway().await.operator().delete(&path).await.ok();
    let query = format!("?api_key={}", key.secret);
    let dial = account.client.dial().query(&query);
    dial.is_refused("unauthorized").await;
}

#[tokio::test]
async fn the_operators_token_is_refused_like_a_wrong_one() {
    let gateway = gateway().await;
    let query = format!("?api_key={}", gateway.admin_token);
    let dial = gateway.anonymous().dial().query(&query);
    dial.is_refused("unauthorized").await;
}

#[tokio::test]
async fn without_an_upgrade_it_is_400() {
    let client = gateway().await.anonymous();
    let refused = client.get("/v1/ws").await;
    // RFC 6455, 4.2.2.
    assert_eq!(refused.header("sec-websocket-version"), Some("13"));
    refused.fails("invalid_request");
    let account = Account::new().await;
    let client = account.client.unlimited();
    client.get("/v1/ws").await.fails("invalid_request");
}

#[tokio::test]
async fn other_methods_are_405() {
    let client = gateway().await.anonymous();
    let reply = client.post("/v1/ws", &serde_json::json!({})).await;
    reply.fails("method_not_allowed");
}

#[tokio::test]
async fn it_is_below_api_too() {
    let account = Account::new().await;
    let client =
        openclaw_conformance::harness::Client::new(&format!("{}/api", account.client.base_url()));
    let mut socket = client.with(&account.key.secret).socket().await;
    socket.chat("a", &hello("gpt-4")).await;
    assert_eq!(socket.told().await.last()["type"], "chat_complete");
}
