//! `kill -9` at any moment: every event that was stored is delivered, by its own id.

use super::Endpoint;
use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Options, Receiver, Server, Taken, Target, eventually_within,
    hello,
};
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::task::JoinSet;

async fn on(data: &Path) -> Server {
    let options = Options {
        data: Some(data.into()),
        ..Options::default()
    };
    Server::start("webhooks-crash", options)
        .await
        .expect("it starts")
}

/// Chats until the server is gone; notes the request of each whole answer.
async fn hammer(client: Client, answered: Arc<Mutex<HashSet<String>>>) {
    loop {
        let request = client.request("POST", "/v1/chat/completions");
        let Ok(response) = request.json(&hello("gpt-4")).send().await else {
            return;
        };
        let id = response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        if response.bytes().await.is_err() {
            return;
        }
        answered.lock().unwrap().insert(id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_delivers_every_event_of_an_answered_chat() {
    if !Target::Native.is_chosen_or_skips("elsewhere a claim is waited for, a minute") {
        return;
    }
    let data = TempDir::with_prefix("openclaw-conformance-").expect("a folder");
    let mut server = on(data.path()).await;
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let fields = json!({"tier": "enterprise", "rate_limit": 1_000_000});
    let account = Account::on(&operator, fields, json!({})).await;
    let endpoint = Endpoint::new(&account, &["chat.completed"]).await;
    let answered = Arc::new(Mutex::new(HashSet::new()));
    for round in 0..4 {
        let mut clients = JoinSet::new();
        let client = Client::new(&server.base_url).with(&account.key.secret);
        for _ in 0..8 {
            clients.spawn(hammer(client.clone(), answered.clone()));
        }
        tokio::time::sleep(Duration::from_millis(250 + 137 * round)).await;
        server.kill().await;
        clients.join_all().await;
        server = on(data.path()).await;
    }
    let told = answered.lock().unwrap().clone();
    assert!(told.len() > 50, "only {}", told.len());
    let delivered = || {
        let received = Receiver::get().received(&endpoint.tag);
        let events = received.iter().map(|one| one.json());
        HashSet::from_iter(
            events.map(|event| event["data"]["request"].as_str().unwrap().to_owned()),
        )
    };
    let all = eventually_within(Duration::from_secs(30), async || {
        let delivered: HashSet<String> = delivered();
        told.is_subset(&delivered).then_some(())
    });
    if all.await.is_none() {
        let delivered = delivered();
        let lost = Vec::from_iter(told.difference(&delivered));
        panic!("{} of {} are lost: {lost:?}", lost.len(), told.len());
    }
    let client = Client::new(&server.base_url).with(&account.key.secret);
    for status in ["pending", "failed"] {
        let path = format!("/v1/webhooks/deliveries?status={status}");
        let none = eventually_within(Duration::from_secs(10), async || {
            let list = client.get(&path).await.ok();
            (list["data"] == json!([])).then_some(())
        });
        assert!(none.await.is_some(), "deliveries are {status}");
    }
}

/// Chats one after the other on each of so many connections; when each was answered, by its id.
async fn burst(account: &Account, connections: usize, each: usize) -> HashMap<String, Instant> {
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let client = account.client.clone();
        clients.spawn(async move {
            let mut ended = vec![];
            for _ in 0..each {
                let answer = client.chat(&hello("gpt-4")).await;
                let id = answer.header("x-request-id").unwrap().to_owned();
                ended.push((id, Instant::now()));
            }
            ended
        });
    }
    let ended = clients.join_all().await;
    HashMap::from_iter(ended.into_iter().flatten())
}

/// How long the events of these answers took to the endpoint, in order.
async fn waits(endpoint: &Endpoint, ended: &HashMap<String, Instant>) -> Vec<Duration> {
    let limit = Duration::from_secs(300);
    let received = Receiver::get()
        .wait(&endpoint.tag, ended.len(), limit)
        .await;
    let waits = received.iter().map(|one| {
        let event = one.json();
        let request = event["data"]["request"].as_str().unwrap();
        one.at.saturating_duration_since(ended[request])
    });
    let mut waits: Vec<_> = waits.collect();
    waits.sort_unstable();
    waits
}

fn percentile(waits: &[Duration], percent: usize) -> Duration {
    waits[(waits.len() * percent / 100).min(waits.len() - 1)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_to_a_slow_endpoint_leaves_a_fast_one_fast() {
    if !Target::Native.is_chosen_or_skips("elsewhere the platform's queue sets the pace") {
        return;
    }
    let fields = json!({"tier": "enterprise", "rate_limit": 100_000});
    let account = Account::with(fields.clone(), json!({})).await;
    let slow = Endpoint::new(&account, &["chat.completed"]).await;
    let fast = Endpoint::new(&account, &["chat.completed"]).await;
    Receiver::get().script(&slow.tag, [Taken::Never]);
    // An account beside it, on the same machine at the same time, has no slow one.
    let other = Account::with(fields, json!({})).await;
    let alone = Endpoint::new(&other, &["chat.completed"]).await;
    let (ended, ended_alone) = tokio::join!(burst(&account, 10, 100), burst(&other, 2, 100));
    let (waits, waits_alone) = tokio::join!(waits(&fast, &ended), waits(&alone, &ended_alone));
    account.client.delete(&slow.path("")).await.ok();
    let (median, p99) = (percentile(&waits, 50), percentile(&waits, 99));
    let p99_alone = percentile(&waits_alone, 99);
    println!(
        "1,000 events beside a slow endpoint: p50 {median:?}, p99 {p99:?}; of an account without one: {p99_alone:?}"
    );
    // Ten attempts of 15 s hold up the slow one's: were the fast one's after them, it would be minutes.
    let most = Duration::from_secs(1).max(10 * p99_alone);
    assert!(p99 <= most, "p99 {p99:?}, at most {most:?}");
}
