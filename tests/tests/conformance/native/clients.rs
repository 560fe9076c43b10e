//! What clients may do to the listener.

use super::here;
use crate::own_server::{account, patient_config};
use openclaw_conformance::{
    harness::{Mock, Options, Server, chat, tag},
    upstream::Script,
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

async fn with(listener: &str) -> Server {
    let options = Options {
        config: Some(patient_config()),
        listener: Some(listener.into()),
        ..Options::default()
    };
    Server::start("clients", options).await.expect("it starts")
}

async fn connect(server: &Server) -> TcpStream {
    connect_with(server, None).await
}

/// With a buffer of so many bytes for what is not read.
async fn connect_with(server: &Server, buffer: Option<u32>) -> TcpStream {
    let address = server.base_url.replace("http://", "");
    let socket = TcpSocket::new_v4().expect("a socket");
    if let Some(bytes) = buffer {
        socket.set_recv_buffer_size(bytes).expect("a socket");
    }
    let connected = socket.connect(address.parse().expect("an address"));
    connected.await.expect("a connection")
}

async fn head(stream: &mut TcpStream) -> String {
    let request = b"GET /v1/health HTTP/1.1\r\nhost: gateway\r\n\r\n";
    // One that was refused may be closed already.
    let _ = stream.write_all(request).await;
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.unwrap_or_default();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn connections_above_the_limit_are_told_and_closed_ones_make_room() {
    if !here() {
        return;
    }
    let server = with("max_connections = 8\n").await;
    // The harness keeps connections of its own, so the limit is reached after at most eight.
    let mut open = vec![];
    let refused = loop {
        let mut stream = connect(&server).await;
        let answer = head(&mut stream).await;
        if !answer.starts_with("HTTP/1.1 200 ") {
            break answer;
        }
        open.push(stream);
        assert!(open.len() <= 8, "more than the limit are open");
    };
    assert!(
        refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: 1"),
        "{refused}"
    );
    assert!(!open.is_empty());
    drop(open);
    for _ in 0..100 {
        if head(&mut connect(&server).await)
            .await
            .starts_with("HTTP/1.1 200 ")
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("closed connections are still counted after 2 s");
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_stream() {
    if !here() {
        return;
    }
    let server = with("write_timeout_seconds = 1\n").await;
    let (account, tag) = (account(&server).await, tag("unread"));
    let script = Script {
        tag: tag.clone(),
        // Far more than the buffers between the two hold.
        chunks: Some(150_000),
        ..Script::default()
    };
    let body = chat("patient", &script).to_string();
    let mut stream = connect_with(&server, Some(4096)).await;
    let request = format!(
        "POST /v1/chat/completions/stream HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        account.key.secret,
        body.len(),
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("it is sent");
    // It reads the beginning, and no more.
    stream
        .read_exact(&mut [0; 1024])
        .await
        .expect("the beginning");
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    let usage = account.usage(1).await;
    let count = |name: &str| usage[name].as_u64().expect("a count");
    assert_eq!(
        (count("total_requests"), count("interrupted")),
        (1, 1),
        "{usage}"
    );
}
