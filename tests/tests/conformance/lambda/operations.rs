//! What a chat, and a step of a run, cost of DynamoDB.

use super::here;
use crate::{own_server::operator, workflows};
use openclaw_conformance::harness::{Account, Client, Counted, Options, Server, hello};
use serde_json::{Value, json};
use std::time::Duration;

const READS: [&str; 4] = ["GetItem", "Query", "BatchGetItem", "TransactGetItems"];

/// A run that asks DynamoDB for nothing for so long has ended: it is not looked at meanwhile, which would
/// count, and on a busy machine a step may take seconds.
const QUIET: Duration = Duration::from_secs(8);

/// Reads and writes of one chat.
async fn chat(client: &Client, counted: &Counted, stream: bool) -> (usize, usize) {
    counted.take();
    if stream {
        client.stream_openai(&hello("gpt-4")).await;
    } else {
        client.chat(&hello("gpt-4")).await.ok();
    }
    taken(counted).await
}

/// Reads and writes since the last look.
async fn taken(counted: &Counted) -> (usize, usize) {
    // What a function does after its answer counts, too.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let seen = counted.take();
    let reads = seen
        .iter()
        .filter(|(name, _)| READS.contains(&name.as_str()));
    let reads: usize = reads.map(|(_, count)| count).sum();
    (reads, seen.values().sum::<usize>() - reads)
}

/// A gateway whose operations are counted, each of its functions in one copy.
async fn counted_gateway(name: &str) -> (Counted, Server, Account) {
    let counted = Counted::start().await;
    let options = Options {
        dynamodb: Some(counted.url.clone()),
        variables: vec![("OPENCLAW_CACHE_SECONDS", "55".into())],
        copies: Some(1),
        ..Options::default()
    };
    let server = Server::start(name, options).await.expect("it starts");
    let fields = json!({"tier": "enterprise", "rate_limit": 1000});
    let account = Account::on(&operator(&server), fields, json!({})).await;
    (counted, server, account)
}

#[tokio::test]
async fn a_chat_is_two_writes_and_reads_only_for_a_new_key() {
    if !here() {
        return;
    }
    let (counted, _server, account) = counted_gateway("counted").await;
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

/// Reads and writes of a run of so many of these steps, the looks at how it stands left out.
async fn run(account: &Account, counted: &Counted, id: &str, steps: Vec<Value>) -> (usize, usize) {
    let workflow = json!({"id": id, "name": id, "steps": steps});
    let workflow = workflows::make_of(account, workflow).await;
    counted.take();
    let run = workflows::start(account, &workflow, json!({})).await;
    let mut all = (0, 0);
    loop {
        tokio::time::sleep(QUIET).await;
        let (reads, writes) = taken(counted).await;
        if (reads, writes) == (0, 0) {
            break;
        }
        all = (all.0 + reads, all.1 + writes);
    }
    let run = workflows::ended(account, &run).await;
    assert_eq!(run["status"], "completed", "{run:#}");
    all
}

#[tokio::test]
async fn a_step_of_a_run_is_the_writes_that_its_price_is_made_of() {
    if !here() {
        return;
    }
    let (counted, _server, account) = counted_gateway("counted-steps").await;
    let request = |_| json!({"type": "http", "url": workflows::site("echo")});
    let ask =
        |_| json!({"type": "ai_completion", "model": "gpt-4", "prompt": workflows::says("one")});
    let value = |n: usize| json!({"type": "transform", "value": n});
    // The copies read the configuration, and the key.
    let first = run(&account, &counted, "first", vec![request(0), ask(0)]).await;
    eprintln!("a first run: {first:?}");
    let base = run(&account, &counted, "one", vec![value(0)]).await;
    let values = run(&account, &counted, "values", (0..21).map(value).collect()).await;
    assert_eq!(values.1, base.1, "20 values more");
    let more = async |id: &str, steps: Vec<Value>| {
        let steps = [value(0)].into_iter().chain(steps).collect();
        let (reads, writes) = run(&account, &counted, id, steps).await;
        (reads.saturating_sub(base.0), writes.saturating_sub(base.1))
    };
    let requests = more("requests", (0..20).map(request).collect()).await;
    let asks = more("asks", (0..20).map(ask).collect()).await;
    eprintln!("a run: {base:?}; 20 requests: {requests:?}; 20 model calls: {asks:?}");
    // A minute may begin meanwhile, and a claim be renewed.
    assert!((20..=24).contains(&requests.1), "{requests:?}");
    assert!(requests.0 <= 24, "{requests:?}");
    // Two of a chat, three so that one that is cut off is not made twice, and the step's own.
    assert!((100..=128).contains(&asks.1), "{asks:?}");
    assert!(asks.0 <= 70, "{asks:?}");
}
