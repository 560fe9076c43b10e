//! Outgoing HTTP against sockets of our own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use http::{Request, StatusCode};
use openclaw_core::{Http, HttpError};
use openclaw_tokio::HyperHttp;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

/// How soon a peer must notice.
const PROMPT: Duration = Duration::from_millis(500);

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    (listener, url)
}

fn post(url: &str) -> Request<Bytes> {
    Request::post(url).body("hello".into()).unwrap()
}

/// Accepts and reads one request; it has come whole with its body.
async fn accept(listener: &TcpListener) -> TcpStream {
    let (mut socket, _) = listener.accept().await.unwrap();
    read_request(&mut socket).await;
    socket
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut text = String::new();
    while !text.ends_with("hello") {
        let mut buffer = [0; 1024];
        let count = socket.read(&mut buffer).await.unwrap();
        assert!(count > 0, "closed behind {text:?}");
        text.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    text
}

async fn expect_closed(mut socket: TcpStream) {
    // A timeout means: the connection stays open.
    let read = timeout(PROMPT, socket.read(&mut [0; 16])).await;
    let read = read.unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

#[tokio::test]
async fn a_body_streams_as_it_arrives_and_connections_are_kept() {
    let (listener, url) = listen().await;
    let http = HyperHttp::new();
    let server = tokio::spawn(async move {
        let mut socket = accept(&listener).await;
        for round in 0..2 {
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nx-round: 1\r\n\r\none";
            socket.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            socket.write_all(b"two").await.unwrap();
            if round == 0 {
                let text = read_request(&mut socket).await;
                assert!(text.starts_with("POST /v1 HTTP/1.1\r\n"), "{text}");
            }
        }
    });
    for _ in 0..2 {
        let response = http.send(post(&url)).await.unwrap();
        assert_eq!(response.headers()["x-round"], "1");
        let pieces: Vec<_> = response.into_body().map(Result::unwrap).collect().await;
        assert_eq!(pieces, ["one", "two"]);
    }
    server.await.unwrap();
}

#[tokio::test]
async fn dropping_a_body_closes_the_connection() {
    let (listener, url) = listen().await;
    let sending = tokio::spawn(HyperHttp::new().send(post(&url)));
    let mut socket = accept(&listener).await;
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n";
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut body = sending.await.unwrap().unwrap().into_body();
    assert_eq!(body.next().await, Some(Ok("one".into())));
    drop(body);
    expect_closed(socket).await;
}

#[tokio::test]
async fn dropping_a_request_before_its_answer_closes_the_connection() {
    let (listener, url) = listen().await;
    let http = HyperHttp::new();
    let mut sending = http.send(post(&url));
    let socket = tokio::select! {
        socket = accept(&listener) => socket,
        response = &mut sending => panic!("{:?}", response.err()),
    };
    drop(sending);
    expect_closed(socket).await;
}

#[tokio::test]
async fn a_refused_connection_is_no_connection() {
    let (listener, url) = listen().await;
    drop(listener);
    let error = HyperHttp::new().send(post(&url)).await.err().unwrap();
    assert!(
        matches!(&error, HttpError::Connect(text) if text.contains("refused")),
        "{error}"
    );
}

#[tokio::test]
async fn a_peer_without_tls_is_no_connection() {
    let (listener, url) = listen().await;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
    });
    let url = url.replace("http://", "https://");
    let error = HyperHttp::new().send(post(&url)).await.err().unwrap();
    assert!(matches!(error, HttpError::Connect(_)), "{error}");
}

#[tokio::test]
async fn a_connection_that_ends_early_is_broken() {
    let (listener, url) = listen().await;
    let http = HyperHttp::new();
    let first = tokio::spawn(http.send(post(&url)));
    drop(accept(&listener).await);
    let error = first.await.unwrap().err().unwrap();
    assert!(matches!(error, HttpError::Broken(_)), "{error}");

    let second = tokio::spawn(http.send(post(&url)));
    let mut socket = accept(&listener).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none";
    socket.write_all(head.as_bytes()).await.unwrap();
    drop(socket);
    let body = second.await.unwrap().unwrap().into_body();
    let pieces: Vec<_> = body.collect().await;
    assert_eq!(pieces[0], Ok("one".into()));
    assert!(
        matches!(pieces[1..], [Err(HttpError::Broken(_))]),
        "{pieces:?}"
    );
}

#[tokio::test]
async fn a_pooled_connection_that_the_peer_has_closed_is_replaced() {
    let (listener, url) = listen().await;
    let http = HyperHttp::new();
    for _ in 0..5 {
        let sending = tokio::spawn(http.send(post(&url)));
        let mut socket = timeout(PROMPT, accept(&listener)).await.unwrap();
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        socket.write_all(answer.as_bytes()).await.unwrap();
        let response = sending.await.unwrap().unwrap();
        let pieces: Vec<_> = response.into_body().collect().await;
        assert_eq!(pieces, [Ok("ok".into())]);
        // Closed between two requests, as servers do after a while.
        drop(socket);
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn redirects_are_answers() {
    let (listener, url) = listen().await;
    let sending = tokio::spawn(HyperHttp::new().send(post(&url)));
    let mut socket = accept(&listener).await;
    let answer = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    socket.write_all(answer.as_bytes()).await.unwrap();
    let response = sending.await.unwrap().unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn a_request_that_is_not_polled_sends_nothing() {
    let (listener, url) = listen().await;
    let sending = HyperHttp::new().send(post(&url));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(listener.accept().now_or_never().is_none());
    drop(sending);
}
