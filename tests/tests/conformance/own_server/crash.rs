//! `kill -9` at any moment: no answered request loses its usage row, none is counted twice.

use super::{account, folder, on, operator, usage_on};
use openclaw_conformance::{
    harness::{Account, Client, Server, Target, chat, eventually_within},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

const TOKENS: Usage = Usage {
    prompt_tokens: 7,
    completion_tokens: 3,
};

/// How many ask at once: on Lambda their transactions on one item of DynamoDB Local conflict, and are
/// refused where a busy machine takes seconds for them.
fn clients() -> u64 {
    match Target::chosen() {
        Target::Native | Target::Workers => 32,
        Target::Lambda => 8,
    }
}

fn script() -> Script {
    Script {
        text: Some("ok".into()),
        usage: Some(TOKENS),
        ..Script::default()
    }
}

/// How long what was in flight may take to be settled once the gateway answers again: natively
/// that is done before it does; elsewhere somebody else does it, once a request's
/// lease is over.
fn settling() -> Duration {
    match Target::chosen() {
        Target::Native => Duration::ZERO,
        Target::Workers | Target::Lambda => Duration::from_secs(60),
    }
}

/// Usage once everything is settled.
async fn settled(server: &Server, account: &Account) -> Value {
    tokio::time::sleep(settling()).await;
    usage_on(server, account).await
}

/// Asks until the server is gone, plain and streaming in turn; counts whole answers.
async fn hammer(account: Account, answered: Arc<AtomicU64>) {
    let mut body = chat("gpt-4", &script());
    for turn in 0.. {
        let stream = turn % 2 == 1;
        body["stream"] = stream.into();
        let request = account.client.request("POST", "/v1/chat/completions");
        let Ok(response) = request.json(&body).send().await else {
            return;
        };
        assert_eq!(response.status(), 200);
        let Ok(text) = response.text().await else {
            return;
        };
        let whole = if stream {
            text.ends_with("data: [DONE]\n\n")
        } else {
            serde_json::from_str::<Value>(&text).is_ok()
        };
        if whole {
            answered.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_request_has_one_row() {
    let data = folder();
    let server = on("crash", data.path()).await;
    let account = account(&server).await;
    let answered = Arc::new(AtomicU64::new(0));
    let (mut hammers, clients) = (JoinSet::new(), clients());
    for _ in 0..clients {
        hammers.spawn(hammer(account.clone(), answered.clone()));
    }
    let many = eventually_within(Duration::from_secs(120), async || {
        (answered.load(Ordering::SeqCst) > 20 * clients).then_some(())
    });
    many.await.expect("the server is hammered");
    server.kill().await;
    hammers.join_all().await;
    let answered = answered.load(Ordering::SeqCst);

    let server = on("crash", data.path()).await;
    let usage = settled(&server, &account).await;
    let count = |name: &str| usage[name].as_u64().expect("a count");
    let (rows, interrupted) = (count("total_requests"), count("interrupted"));
    let finished = rows - interrupted;
    // A client is told by its last byte; what was in flight may have been settled or not.
    let told = answered..=answered + clients;
    assert!(
        told.contains(&finished),
        "{answered} answered, {finished} accounted: {usage}"
    );
    assert!(
        rows <= answered + clients,
        "{answered} answered, {rows} rows: {usage}"
    );
    assert_eq!(count("errors"), 0, "{usage}");
    let (prompt, completion) = (count("prompt_tokens"), count("completion_tokens"));
    assert!(prompt >= finished * TOKENS.prompt_tokens, "{usage}");
    assert!(completion >= finished * TOKENS.completion_tokens, "{usage}");
    let by_model: u64 = usage["by_model"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| group["requests"].as_u64().expect("a count"))
        .sum();
    assert_eq!(by_model, rows);

    // A second crash right after finds nothing to add.
    server.kill().await;
    let server = on("crash", data.path()).await;
    let usage = settled(&server, &account).await;
    assert_eq!(usage["total_requests"], rows);
}

#[tokio::test]
async fn what_was_in_flight_is_settled_as_interrupted() {
    let data = folder();
    let server = on("in-flight", data.path()).await;
    let account = account(&server).await;
    account.client.chat(&chat("gpt-4", &script())).await.ok();
    let endless = Script {
        chunks: Some(1000),
        chunk_delay_ms: 50,
        ..Script::default()
    };
    let mut stream = account.client.open_openai(&chat("gpt-4", &endless)).await;
    stream.read_some(3).await;
    // An admission is durable within a second even if nobody waits for it.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    server.kill().await;
    drop(stream);

    let server = on("in-flight", data.path()).await;
    let usage = eventually_within(settling(), async || {
        let usage = usage_on(&server, &account).await;
        (usage["total_requests"] == 2).then_some(usage)
    });
    let usage = usage.await.expect("it is settled");
    assert_eq!(usage["interrupted"], 1, "{usage}");
    assert_eq!(usage["errors"], 0, "{usage}");
}

#[tokio::test]
async fn accounts_and_keys_survive() {
    let data = folder();
    let server = on("survive", data.path()).await;
    let account = account(&server).await;
    let revoked = account.another_key(json!({})).await;
    operator(&server)
        .delete(&format!("/v1/keys/{}", revoked.id))
        .await
        .ok();
    server.kill().await;
    let server = on("survive", data.path()).await;
    let client = Client::new(&server.base_url);
    client
        .with(&account.key.secret)
        .get("/v1/models")
        .await
        .ok();
    client
        .with(&revoked.secret)
        .get("/v1/models")
        .await
        .fails("unauthorized");
}
