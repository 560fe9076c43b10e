//! HTTP as clients of all kinds speak it.

use super::here;
use openclaw_conformance::harness::{Account, gateway, hello};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

struct Connection(TcpStream);

impl Connection {
    async fn open() -> Self {
        let address = gateway().await.base_url.replace("http://", "");
        Self(TcpStream::connect(address).await.expect("it listens"))
    }

    async fn send(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.expect("sent");
    }

    /// The status of the next answer, whose body is read, too.
    async fn status(&mut self) -> u16 {
        let mut head = vec![];
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("a head"));
        }
        let head = String::from_utf8(head).expect("text").to_lowercase();
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or_default()];
        self.0.read_exact(&mut body).await.expect("a body");
        let status = head.split(' ').nth(1).expect("a status");
        status.parse().expect("a number")
    }

    async fn ask(&mut self, request: &str) -> u16 {
        self.send(request).await;
        self.status().await
    }
}

#[tokio::test]
async fn older_and_unusual_forms_are_understood() {
    if !here() {
        return;
    }
    let account = Account::new().await;
    let (key, body) = (&account.key.secret, hello("gpt-4").to_string());
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let length = body.len();
    let post = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json";
    for request in [
        "GET /v1/health HTTP/1.0\r\n\r\n".to_owned(),
        "GET http://gateway.test/v1/health HTTP/1.1\r\nhost: gateway.test\r\n\r\n".to_owned(),
        format!("GET /v1/models HTTP/1.1\r\nHost: x\r\nAUTHORIZATION:   bEaReR  {key}  \r\n\r\n"),
        format!(
            "{post}; charset=utf-8\r\nx-api-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}"
        ),
        format!("{post}\r\nx-api-key: {key}\r\ntransfer-encoding: chunked\r\n\r\n{chunked}"),
    ] {
        assert_eq!(
            Connection::open().await.ask(&request).await,
            200,
            "{request}"
        );
    }
    let mut waits = Connection::open().await;
    let head = format!(
        "{post}\r\nx-api-key: {key}\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
    );
    assert_eq!(waits.ask(&head).await, 100);
    assert_eq!(waits.ask(&body).await, 200);
}

#[tokio::test]
async fn a_connection_outlives_what_was_refused_on_it() {
    if !here() {
        return;
    }
    let account = Account::new().await;
    let key = &account.key.secret;
    let mut connection = Connection::open().await;
    let post = |kind: &str, body: &str| {
        format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: {kind}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    for (request, status) in [
        ("GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), 401),
        (
            "GET /v1/nothing HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
            404,
        ),
        (
            "GET /v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
            405,
        ),
        (post("text/plain", "hello"), 415),
        (post("application/json", "{"), 400),
        (post("application/json", &hello("gpt-4").to_string()), 200),
    ] {
        assert_eq!(connection.ask(&request).await, status, "{request}");
    }
}
