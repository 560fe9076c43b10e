//! What a client without a key may make the gateway hold.

use openclaw_conformance::harness::{Account, Target, gateway, minute_with};
use serde_json::json;
use std::{
    future::pending,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
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

/// A connection on which a head was sent that announces a long body.
async fn announced(path: &str, credential: Option<&str>) -> TcpStream {
    let address = gateway().await.base_url.replace("http://", "");
    let credential = credential.map(|key| format!("authorization: Bearer {key}\r\n"));
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\n{}content-type: application/json\r\n\
         content-length: 4000000\r\n\r\n",
        credential.unwrap_or_default()
    );
    let mut stream = TcpStream::connect(&address).await.expect("it listens");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream
}

/// How an answer begins.
async fn status(stream: &mut TcpStream) -> String {
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

/// What is answered to a head alone, whose body never comes.
async fn answer_to(path: &str, credential: Option<&str>) -> String {
    let mut stream = announced(path, credential).await;
    let answer = timeout(Duration::from_secs(5), status(&mut stream));
    answer.await.expect("no wait")
}

/// What is answered to a body that comes a byte a second, and after how many seconds.
async fn answer_to_trickle(path: &str, credential: Option<&str>) -> (String, u64) {
    let mut stream = announced(path, credential).await;
    let begun = Instant::now();
    let (mut reader, mut writer) = stream.split();
    let trickle = async {
        while writer.write_all(b" ").await.is_ok() {
            sleep(Duration::from_secs(1)).await;
        }
        pending::<()>().await;
    };
    let mut answer = [0; 12];
    tokio::select! {
        read = reader.read_exact(&mut answer) => drop(read.expect("an answer")),
        () = trickle => {}
        () = sleep(Duration::from_secs(120)) => panic!("{path} waits for ever"),
    }
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer, begun.elapsed().as_secs())
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

/// Whoever has no key has 10 s for a body, and whoever has one 30 s until it must come at a certain rate.
#[tokio::test]
async fn a_body_that_trickles_is_given_up() {
    if !sees_heads() {
        return;
    }
    let account = Account::new().await;
    let key = Some(account.key.secret.as_str());
    let ((nobodys, short), (keyed, long)) = tokio::join!(
        answer_to_trickle("/v1/auth/token", None),
        answer_to_trickle("/v1/chat/completions", key)
    );
    assert_eq!(
        (nobodys.as_str(), keyed.as_str()),
        ("HTTP/1.1 400", "HTTP/1.1 400")
    );
    assert!((9..25).contains(&short), "{short} s");
    assert!((29..100).contains(&long), "{long} s");
}
