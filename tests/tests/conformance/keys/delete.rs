//! `DELETE /keys/{id}`.

use openclaw_conformance::{
    harness::{Account, Mock, chat, gateway, hello, tag},
    upstream::Script,
};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_revoked_key_is_401_at_once_and_gone() {
    let account = Account::admin().await;
    let key = account.another_key(json!({})).await;
    let client = account.client_with(&key.secret);
    client.chat(&hello("gpt-4")).await.ok();
    let path = format!("/v1/keys/{}", key.id);
    let deleted = account.client.delete(&path).await.ok();
    assert_eq!(
        deleted,
        json!({"id": key.id, "object": "key", "deleted": true})
    );
    client.chat(&hello("gpt-4")).await.fails("unauthorized");
    client.get("/v1/models").await.fails("unauthorized");
    account.client.get(&path).await.fails("not_found");
    account.client.delete(&path).await.fails("not_found");
    let list = account.client.get("/v1/keys").await.ok();
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["id"])
        .collect();
    assert_eq!(ids, [&json!(account.key.id)]);
}

/// Whoever generates when the key is revoked is stopped when the lease is renewed, after 15 s.
#[tokio::test]
async fn a_stream_that_runs_ends_at_its_next_renewal() {
    let account = Account::new().await;
    let key = account.another_key(json!({})).await;
    // Two minutes.
    let script = Script {
        tag: tag("revoked"),
        chunks: Some(400),
        chunk_delay_ms: 300,
        ..Script::default()
    };
    let client = account.client_with(&key.secret);
    let mut stream = client.open_openai(&chat("gpt-4", &script)).await;
    stream.read_some(1).await;
    let path = format!("/v1/keys/{}", key.id);
    gateway().await.operator().delete(&path).await.ok();
    let revoked = Instant::now();
    stream.read().await.fails_in_openai("unauthorized");
    let took = revoked.elapsed();
    assert!(took < Duration::from_secs(60), "{took:?}");
    let report = Mock::get().report_when(&script.tag, |report| report.cancelled == 1);
    assert_eq!(report.await.finished, 0);
}
