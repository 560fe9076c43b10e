//! SIGTERM.

use super::here;
use crate::own_server::{account, folder, on, usage_on};
use openclaw_conformance::{
    harness::{Client, Mock, chat, tag},
    upstream::Script,
};
use std::time::{Duration, Instant};

#[tokio::test]
async fn what_is_in_flight_is_finished_first() {
    if !here() {
        return;
    }
    let data = folder();
    let server = on("shutdown", data.path()).await;
    let account = account(&server).await;
    let script = Script {
        chunks: Some(10),
        chunk_delay_ms: 150,
        ..Script::default()
    };
    let mut stream = account.client.open_seed(&chat("gpt-4", &script)).await;
    let tag = tag("slow");
    let slow = Script {
        tag: tag.clone(),
        delay_ms: 1000,
        ..Script::default()
    };
    let plain = tokio::spawn({
        let client = account.client.clone();
        async move { client.chat(&chat("gpt-4", &slow)).await }
    });
    stream.read_some(2).await;
    Mock::get()
        .report_when(&tag, |report| report.requests == 1)
        .await;
    server.terminate();
    let transcript = stream.read().await;
    assert!(
        transcript.text().ends_with("w8 w9 "),
        "{}",
        transcript.text()
    );
    assert_eq!(transcript.last_line(), "data:[DONE]");
    plain.await.expect("an answer").ok();
    let new = Client::new(&server.base_url)
        .request("GET", "/v1/health")
        .send()
        .await;
    assert!(new.is_err(), "nothing new is taken");
    let ended = Instant::now();
    assert_eq!(server.wait().await, 0);
    assert!(
        ended.elapsed() < Duration::from_secs(5),
        "{:?}",
        ended.elapsed()
    );

    let server = on("shutdown", data.path()).await;
    let usage = usage_on(&server, &account).await;
    assert_eq!(usage["total_requests"], 2, "{usage}");
    assert_eq!(usage["interrupted"], 0, "{usage}");
}

#[tokio::test]
async fn without_anything_in_flight_it_ends_at_once() {
    if !here() {
        return;
    }
    let data = folder();
    let server = on("idle", data.path()).await;
    // A connection that is kept alive is nothing in flight.
    let account = account(&server).await;
    account.client.get("/v1/models").await.ok();
    let told = Instant::now();
    server.terminate();
    assert_eq!(server.wait().await, 0);
    assert!(
        told.elapsed() < Duration::from_secs(3),
        "{:?}",
        told.elapsed()
    );
}
