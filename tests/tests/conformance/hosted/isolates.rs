//! What an isolate or a function's process remembers, and for how long.

use super::here;
use openclaw_conformance::harness::{ADMIN_TOKEN, Account, Client, Options, Reply, Server, hello};
use serde_json::json;
use std::time::{Duration, Instant};

/// Seconds that a process trusts what it read. Without the case's turning it down these are 25 on
/// Workers, where KV's own cache adds its 30, and 55 on Lambda.
const CACHED: u64 = 3;

/// How long the slowest look may take beyond.
const SLACK: Duration = Duration::from_secs(1);

/// Asks every function that takes a key.
async fn everywhere(client: &Client, key: &str) -> Vec<(&'static str, Reply)> {
    let token = json!({"api_key": key});
    vec![
        ("models", client.get("/v1/models").await),
        ("chat", client.chat(&hello("gpt-4")).await),
        ("analytics", client.get("/v1/analytics/usage").await),
        (
            "auth",
            client.unlimited().post("/v1/auth/token", &token).await,
        ),
    ]
}

fn refused(replies: &[(&'static str, Reply)]) -> Vec<&'static str> {
    let refused = replies.iter().filter(|(_, reply)| reply.status == 401);
    refused.map(|(name, _)| *name).collect()
}

#[tokio::test]
async fn a_revoked_key_and_its_tokens_end_on_every_isolate_once_its_memory_is_over() {
    if !here() {
        return;
    }
    let options = Options {
        variables: vec![("OPENCLAW_CACHE_SECONDS", CACHED.to_string())],
        ..Options::default()
    };
    let server = Server::start("revoked", options).await.expect("it starts");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let account = Account::on(&operator, json!({}), json!({})).await;
    let key = account.another_key(json!({})).await;
    let client = account.client_with(&key.secret);
    let body = json!({"api_key": key.secret});
    let made = client.unlimited().post("/v1/auth/token", &body).await.ok();
    let token = account.client_with(made["token"].as_str().expect("a token"));

    assert!(refused(&everywhere(&client, &key.secret).await).is_empty());
    operator.delete(&format!("/v1/keys/{}", key.id)).await.ok();
    let revoked = Instant::now();
    // Whoever remembers it finds out when it admits the request.
    let replies = everywhere(&client, &key.secret).await;
    assert_eq!(refused(&replies).len(), replies.len());
    token.chat(&hello("gpt-4")).await.fails("unauthorized");

    tokio::time::sleep((Duration::from_secs(CACHED) + SLACK).saturating_sub(revoked.elapsed()))
        .await;
    for (name, reply) in everywhere(&client, &key.secret).await {
        assert_eq!(reply.status, 401, "{name}");
    }
    token.get("/v1/models").await.fails("unauthorized");
    token.chat(&hello("gpt-4")).await.fails("unauthorized");
    // Only that one.
    account.client.get("/v1/models").await.ok();
}
