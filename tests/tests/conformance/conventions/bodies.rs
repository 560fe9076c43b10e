//! What a body may be: its size, its type, its bytes.

use futures_util::stream;
use openclaw_conformance::harness::{Account, Reply, Target, gateway, hello};
use reqwest::RequestBuilder;
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

const LIMIT: usize = 20 << 20;
/// What reading from a closed connection is called.
const CLOSED: [ErrorKind; 2] = [ErrorKind::ConnectionReset, ErrorKind::UnexpectedEof];
const PATH: &str = "/v1/chat/completions";

/// A request of this many bytes: white space is JSON too.
fn sized(bytes: usize) -> Vec<u8> {
    let mut body = hello("gpt-4").to_string().into_bytes();
    body.resize(bytes, b' ');
    body
}

fn request(account: &Account, body: impl Into<reqwest::Body>) -> RequestBuilder {
    let request = account.client.request("POST", PATH);
    request
        .header("content-type", "application/json")
        .body(body)
}

async fn post(account: &Account, body: impl Into<reqwest::Body>) -> Reply {
    account.client.send(request(account, body)).await
}

/// The largest body that is taken: ours, or what Lambda takes of an event with it.
fn largest() -> usize {
    match Target::chosen() {
        Target::Lambda => 4 << 20,
        _ => LIMIT,
    }
}

/// A body that is none: more than we take, or more than API Gateway does (10 MB) and yet reads.
fn too_large() -> usize {
    match Target::chosen() {
        Target::Lambda => 11 << 20,
        _ => LIMIT + 1,
    }
}

/// 413, which API Gateway answers by itself, without our headers and error.
async fn is_too_large(account: &Account, body: impl Into<reqwest::Body>) {
    if Target::chosen() == Target::Lambda {
        let answer = request(account, body).send().await.expect("an answer");
        return assert_eq!(answer.status(), 413);
    }
    post(account, body).await.fails("payload_too_large");
}

#[tokio::test]
async fn twenty_mebibytes_are_taken_and_a_byte_more_is_413() {
    let account = Account::new().await;
    post(&account, sized(largest())).await.ok();
    is_too_large(&account, sized(too_large())).await;
}

#[tokio::test]
async fn the_limit_holds_without_a_content_length() {
    let account = Account::new().await;
    let chunked = |bytes| {
        let body = sized(bytes);
        let parts: Vec<_> = body.chunks(60_000).map(<[u8]>::to_vec).collect();
        let parts = parts.into_iter().map(Ok::<_, std::io::Error>);
        reqwest::Body::wrap_stream(stream::iter(parts))
    };
    post(&account, chunked(largest())).await.ok();
    is_too_large(&account, chunked(too_large())).await;
}

/// A server that answers and closes while the client still writes resets the connection, and
/// the answer is lost.
#[tokio::test]
async fn whoever_sends_too_much_gets_to_read_the_answer() {
    let account = Account::new().await;
    let address = gateway().await.base_url.replace("http://", "");
    for size in [LIMIT + 1, LIMIT + 1, LIMIT + (12 << 20)] {
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {size}\r\n\r\n",
            account.key.secret
        );
        let address = address.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let mut socket = TcpStream::connect(address).expect("it listens");
            socket.write_all(head.as_bytes()).expect("sent");
            // The server may stop reading; what counts is what the client can read then.
            let _ = socket.write_all(&sized(size));
            let mut answer = [0; 12];
            socket.read_exact(&mut answer).map(|()| answer)
        });
        let answer = answer
            .await
            .expect("reads")
            .expect("an answer, not a reset");
        assert_eq!(&answer, b"HTTP/1.1 413", "{size} bytes");
    }
}

#[tokio::test]
async fn of_a_hundred_megabytes_most_are_never_read() {
    let account = Account::new().await;
    let address = gateway().await.base_url.replace("http://", "");
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 100000000\r\n\r\n",
        account.key.secret
    );
    let sent = tokio::task::spawn_blocking(move || {
        let mut socket = TcpStream::connect(address).expect("it listens");
        socket.write_all(head.as_bytes()).expect("sent");
        let patience = Some(Duration::from_secs(10));
        socket.set_read_timeout(patience).expect("a time-out");
        // Whoever refuses may also let what comes behind the refusal stand.
        socket.set_write_timeout(patience).expect("a time-out");
        let mut reading = socket.try_clone().expect("a second handle");
        let reader = thread::spawn(move || {
            let mut answer = [0; 12];
            match reading
                .read_exact(&mut answer)
                .map_err(|error| error.kind())
            {
                Ok(()) => assert_eq!(&answer, b"HTTP/1.1 413"),
                // A connection that closes before its client is through is a refusal too.
                Err(kind) => assert!(CLOSED.contains(&kind), "{kind}"),
            }
        });
        let part = [b' '; 65_536];
        let parts = 100_000_000 / part.len();
        let sent =
            (0..parts).take_while(|_| !reader.is_finished() && socket.write_all(&part).is_ok());
        let sent = sent.count() * part.len();
        drop(socket);
        reader.join().expect("a refusal");
        sent
    });
    let sent = sent.await.expect("it ends");
    assert!(sent < 50_000_000, "{sent} bytes were taken");
}

#[tokio::test]
async fn what_is_no_json_is_400_and_the_server_lives() {
    let account = Account::new().await;
    let nested = |depth: usize| {
        let field = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body = hello("gpt-4").to_string();
        format!("{},\"x\":{field}}}", &body[..body.len() - 1]).into_bytes()
    };
    let bodies: [Vec<u8>; 7] = [
        b"".to_vec(),
        b"{".to_vec(),
        b"hello".to_vec(),
        b"{\"model\":\"gpt-4\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\xfe\"}]}"
            .to_vec(),
        "[".repeat(100_000).into_bytes(),
        "{\"a\":".repeat(100_000).into_bytes(),
        nested(100_000),
    ];
    for body in bodies {
        post(&account, body).await.blames("body");
    }
    post(&account, sized(200)).await.ok();
}

#[tokio::test]
async fn another_content_type_is_415() {
    let account = Account::new().await;
    for kind in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
    ] {
        let request = account
            .client
            .request("POST", PATH)
            .header("content-type", kind);
        let reply = account.client.send(request.body(sized(200))).await;
        reply.fails("unsupported_media_type");
    }
    let request = account.client.request("POST", PATH);
    let request = request.header("content-type", "application/json; charset=utf-8");
    account.client.send(request.body(sized(200))).await.ok();
}
