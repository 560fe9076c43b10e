//! What a client without a key may make the gateway hold.

use openclaw_conformance::harness::{Account, Target, gateway, minute_with};
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Whether the gateway sees a request before its body is there.
fn sees_heads() -> bool {
    let sees = Target::chosen() != Target::Lambda;
    if !sees {
        eprintln!(
            "skipped: API Gateway reads a body, of 10 MB at most, before it calls a function"
        );
    }
    sees
}

/// What is answered to a head alone, whose body never comes.
async fn answer_to(path: &str, credential: Option<&str>) -> String {
    let address = gateway().await.base_url.replace("http://", "");
    let credential = credential.map(|key| format!("authorization: Bearer {key}\r\n"));
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\n{}content-type: application/json\r\n\
         content-length: 4000000\r\n\r\n",
        credential.unwrap_or_default()
    );
    let mut stream = TcpStream::connect(&address).await.expect("it listens");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = [0; 12];
    let read = timeout(Duration::from_secs(5), stream.read_exact(&mut answer));
    read.await.expect("no wait").expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn nobodys_body_is_read() {
    if !sees_heads() {
        return;
    }
    let path = "/v1/chat/completions";
    assert_eq!(answer_to(path, None).await, "HTTP/1.1 401");
    assert_eq!(answer_to(path, Some("wrong")).await, "HTTP/1.1 401");
}

#[tokio::test]
async fn nor_is_that_of_a_key_whose_minute_is_used_up() {
    if !sees_heads() {
        return;
    }
    let account = Account::with(json!({"rate_limit": 2}), json!({})).await;
    minute_with(20).await;
    for _ in 0..3 {
        account.client.get("/v1/models").await;
    }
    let chat = json!({"model": "gpt-4", "messages": [{"role": "user", "content": "x"}]});
    account
        .client
        .chat(&chat)
        .await
        .fails("rate_limit_exceeded");
    let key = Some(account.key.secret.as_str());
    let answer = answer_to("/v1/chat/completions", key).await;
    assert_eq!(answer, "HTTP/1.1 429");
}

#[tokio::test]
async fn without_authentication_a_body_is_small() {
    let anonymous = gateway().await.anonymous();
    let post = async |bytes: usize| {
        let body = json!({"api_key": "x".repeat(bytes)});
        anonymous.post("/v1/auth/token", &body).await
    };
    post(10_000).await.fails("unauthorized");
    post(20_000).await.fails("payload_too_large");
}
