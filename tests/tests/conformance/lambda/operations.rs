//! What a chat costs of DynamoDB.

use super::here;
use crate::own_server::operator;
use openclaw_conformance::harness::{Account, Client, Counted, Options, Server, hello};
use serde_json::json;
use std::time::Duration;

const READS: [&str; 4] = ["GetItem", "Query", "BatchGetItem", "TransactGetItems"];

/// Reads and writes of one chat.
async fn chat(client: &Client, counted: &Counted, stream: bool) -> (usize, usize) {
    counted.take();
    if stream {
        client.stream_openai(&hello("gpt-4")).await;
    } else {
        client.chat(&hello("gpt-4")).await.ok();
    }
    // What a function does behind its answer counts, too.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let seen = counted.take();
    let reads = seen
        .iter()
        .filter(|(name, _)| READS.contains(&name.as_str()));
    let reads: usize = reads.map(|(_, count)| count).sum();
    (reads, seen.values().sum::<usize>() - reads)
}

#[tokio::test]
async fn a_chat_is_two_writes_and_reads_only_for_a_new_key() {
    if !here() {
        return;
    }
    let counted = Counted::start().await;
    let options = Options {
        dynamodb: Some(counted.url.clone()),
        variables: vec![("OPENCLAW_CACHE_SECONDS", "55".into())],
        copies: Some(1),
        ..Options::default()
    };
    let server = Server::start("counted", options).await.expect("it starts");
    let fields = json!({"tier": "enterprise", "rate_limit": 1000});
    let account = Account::on(&operator(&server), fields, json!({})).await;
    let client = &account.client;
    // The copy's first request reads the configuration, too.
    client.chat(&hello("gpt-4")).await.ok();
    for stream in [false, true] {
        assert_eq!(chat(client, &counted, stream).await, (0, 2), "cached");
    }
    let unseen = account.another_key(json!({})).await;
    let client = account.client_with(&unseen.secret);
    // That the key was used is noted with the settlement, without a write of its own.
    // It is read from the `kv` table, and once from the ledger, which says whether it still holds.
    assert_eq!(chat(&client, &counted, false).await, (2, 2), "not cached");
}
