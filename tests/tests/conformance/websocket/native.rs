//! What the self-hosted server promises of its own end; and what waits for a client, which workerd
//! tells as well.

use super::{streaming, text_of, words};
use crate::own_server::{account, folder, on, usage_on};
use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, Mock, Target, hello, tag},
    upstream::Script,
};
use std::time::{Duration, Instant};

fn here() -> bool {
    Target::Native.is_chosen_or_skips("a platform that holds the sockets does not say when it ends")
}

/// More than the systems' buffers and the gateway's own can hold.
const REQUESTS: usize = 24;

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_with_1013_and_accounted() {
    if Target::chosen() == Target::Lambda {
        eprintln!("skipped: API Gateway does not say what waits for a client");
        return;
    }
    let (account, tag) = (Account::new().await, tag("ws-slow"));
    let dial = account.client.dial().buffer(4096);
    let mut socket = dial.authenticated().await;
    let script = Script {
        tag: tag.clone(),
        text: Some("x".repeat(600_000)),
        chunks: Some(600),
        chunk_delay_ms: 5,
        ..Script::default()
    };
    for at in 0..REQUESTS {
        socket
            .chat(&at.to_string(), &streaming("gpt-4", &script))
            .await;
    }
    let report = Mock::get()
        .report_when(&tag, |report| {
            report.finished + report.cancelled == REQUESTS
        })
        .await;
    assert!(
        report.cancelled > 0,
        "{:?}",
        (report.finished, report.cancelled)
    );
    let usage = account.usage(REQUESTS as u64).await;
    assert_eq!(usage["total_requests"], REQUESTS, "{usage}");
    assert!(usage["interrupted"].as_u64().unwrap() > 0, "{usage}");
    let session = socket.session.clone();
    // What was sent before is whole.
    while let Some(frame) = socket.next_or_close(1013).await {
        assert_eq!(frame["type"], "chat_chunk");
    }
    let mut next = account.client.socket().await;
    assert_eq!(next.resume(&session, 0).await["resumed"], false);
}

#[tokio::test]
async fn sigterm_is_announced_and_what_runs_is_finished() {
    if !here() {
        return;
    }
    let data = folder();
    let server = on("ws-shutdown", data.path()).await;
    let account = account(&server).await;
    let mut idle = account.client.socket().await;
    let mut socket = account.client.socket().await;
    socket.chat("a", &streaming("gpt-4", &words(12, 150))).await;
    let mut text = String::new();
    for _ in 0..2 {
        text += socket.expects("chat_chunk").await["content"]
            .as_str()
            .unwrap();
    }
    server.terminate();
    assert_eq!(idle.expects("reconnect").await["reason"], "server_shutdown");
    idle.is_closed_with(1001).await;
    let (mut announced, mut asked) = (false, false);
    loop {
        let frame = socket.frame().await;
        match frame["type"].as_str() {
            Some("reconnect") => {
                assert_eq!(frame["reason"], "server_shutdown");
                announced = true;
                socket.chat("late", &hello("gpt-4")).await;
            }
            Some("error") => {
                assert_eq!(frame["id"], "late");
                assert_eq!(frame["error"]["code"], "provider_unavailable", "{frame}");
                asked = true;
            }
            Some("chat_chunk") => text += frame["content"].as_str().unwrap(),
            _ => {
                assert_eq!(frame["content"], text);
                break;
            }
        }
    }
    assert!(announced && asked);
    assert_eq!(text, text_of(12));
    socket.is_closed_with(1001).await;
    assert_eq!(server.wait().await, 0);

    let server = on("ws-shutdown", data.path()).await;
    let usage = usage_on(&server, &account).await;
    assert_eq!(usage["total_requests"], 1, "{usage}");
    assert_eq!(usage["interrupted"], 0, "{usage}");
}

#[tokio::test]
async fn idle_connections_do_not_keep_it() {
    if !here() {
        return;
    }
    let data = folder();
    let server = on("ws-idle", data.path()).await;
    let account = account(&server).await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(account.client.socket().await);
    }
    sockets.push(account.client.dial().open().await);
    // One that answers nothing.
    let _deaf = account.client.socket().await;
    let told = Instant::now();
    server.terminate();
    join_all(sockets.iter_mut().map(async |socket| {
        assert_eq!(
            socket.expects("reconnect").await["reason"],
            "server_shutdown"
        );
        socket.is_closed_with(1001).await;
    }))
    .await;
    assert_eq!(server.wait().await, 0);
    // What runs would be given 30 s.
    assert!(
        told.elapsed() < Duration::from_secs(20),
        "{:?}",
        told.elapsed()
    );
}
