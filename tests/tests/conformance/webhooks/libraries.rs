//! Signatures, verified by the official libraries of Standard Webhooks.

use super::{Endpoint, SOON, limits::costing};
use crate::workflows;
use openclaw_conformance::{
    harness::{
        Account, Received, Receiver, build_go, chat, eventually_within, hello, minute_with, node,
        python, run, tag,
    },
    upstream::Script,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::Command;

const SDK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sdk");

/// A delivery as the programs take it.
fn delivery(received: &Received, secrets: &[&str], wrong_secrets: &[&str]) -> Value {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers = names.map(|name| (name, received.header(name)));
    json!({
        "body": String::from_utf8(received.body.to_vec()).expect("text"),
        "headers": Value::from_iter(headers),
        "secrets": secrets,
        "wrong_secrets": wrong_secrets,
    })
}

#[tokio::test]
async fn the_official_libraries_verify_deliveries_also_during_a_rotation() {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let other = Endpoint::new(&account, &["key.revoked"]).await;
    let send = async |count| {
        let body = json!({"event": "file.processed"});
        let sent = account.client.post(&endpoint.path("/test"), &body).await;
        sent.succeeds(202);
        let received = Receiver::get().wait(&endpoint.tag, count, SOON).await;
        received[count - 1].clone()
    };
    let first = send(1).await;
    let body = json!({"grace_period": 600});
    let path = endpoint.path("/rotate");
    let rotated = account.client.post(&path, &body).await.ok();
    let new = rotated["secret"].as_str().unwrap();
    let both = send(2).await;
    let ended = account.client.post(&path, &json!({})).await.ok();
    let newest = ended["secret"].as_str().unwrap();
    let last = send(3).await;
    let (old, other) = (&*endpoint.secret, &*other.secret);
    let deliveries = vec![
        delivery(&first, &[old], &[other, new]),
        delivery(&both, &[new, old], &[other]),
        delivery(&last, &[newest], &[old, new]),
    ];
    verified(&account, deliveries).await;
}

/// Has `deliveries` verified by the libraries for Python, JavaScript and Go.
async fn verified(account: &Account, deliveries: Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("webhooks");
    build_go(&Path::new(SDK).join("go/webhooks.go"), &go).await;
    let count = deliveries.len();
    let deliveries = Value::from(deliveries).to_string();
    for (mut program, file) in [
        (python(), "sdk/python/webhooks.py"),
        (node(), "sdk/node/webhooks.cjs"),
        (Command::new(go), "sdk/go/webhooks.go"),
    ] {
        program.env("OPENCLAW_DELIVERIES", &deliveries);
        let said = run(program, file, &account.key.secret).await;
        assert_eq!(said, format!("{count} deliveries verified\n"), "{file}");
    }
}

/// Everything that events tell of, but for limits.
async fn cause(account: &Account) {
    let client = &account.client;
    client.chat(&hello("gpt-4")).await.ok();
    let refused = Script {
        tag: tag("webhook-every"),
        status: Some(400),
        ..Script::default()
    };
    client.chat(&chat("gpt-4", &refused)).await;
    let body = json!({"command": "get", "parameters": {"location": "New York"}});
    client.post("/v1/skills/weather-skill/execute", &body).await;
    let made = client.post("/v1/keys", &json!({"name": "told"})).await;
    let made = made.succeeds(201);
    let key = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    client.post(&format!("{key}/rotate"), &json!({})).await.ok();
    client.delete(&key).await.ok();
    client.upload("a.txt", b"a text").await;
    client.upload("b.pdf", b"%PDF-1.4 broken").await;
    let value = json!({"id": "a", "type": "transform", "value": 1});
    let failing = json!({"id": "a", "type": "http", "url": workflows::site("answer?status=503")});
    for (name, step) in [("told", value), ("told-fails", failing)] {
        let workflow = json!({"id": name, "name": name, "steps": [step]});
        let workflow = workflows::make_of(account, workflow).await;
        workflows::start(account, &workflow, json!({})).await;
    }
}

/// The types of all events, as the API's description lists them.
fn every_type() -> BTreeSet<String> {
    let document: Value =
        serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let names = document["components"]["schemas"]["EventType"]["enum"].as_array();
    let names = names.expect("types").iter().map(|name| name.as_str());
    names.map(|name| name.expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn every_event_is_caused_and_verified_by_the_official_libraries() {
    let all = Account::admin().await;
    let fields = json!({"tier": "enterprise", "rate_limit": 10_000, "monthly_budget": 1.0});
    let spending = Account::with(fields, json!({})).await;
    let hurried = Account::with(json!({"rate_limit": 2}), json!({})).await;
    let mut endpoints = vec![];
    for (account, events) in [
        (&all, "*"),
        (&spending, "usage.threshold"),
        (&hurried, "rate_limit.exceeded"),
    ] {
        endpoints.push(Endpoint::new(account, &[events]).await);
    }
    cause(&all).await;
    spending.client.chat(&costing(85)).await.ok();
    minute_with(15).await;
    for _ in 0..4 {
        hurried.client.chat(&hello("gpt-4")).await;
    }
    let expected = every_type();
    assert!(expected.len() >= 13, "{expected:?}");
    let found = eventually_within(Duration::from_secs(120), async || {
        let mut found = BTreeMap::new();
        for endpoint in &endpoints {
            for received in Receiver::get().received(&endpoint.tag) {
                let kind = received.json()["type"].as_str().unwrap().to_owned();
                found.insert(kind, (endpoint, received));
            }
        }
        (found.len() >= expected.len()).then_some(found)
    });
    let found = found.await.expect("an event of each type");
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), expected);
    let deliveries = found.values().map(|(endpoint, received)| {
        let secrets = endpoints.iter().map(|one| &*one.secret);
        let wrong = Vec::from_iter(secrets.filter(|secret| *secret != endpoint.secret));
        delivery(received, &[&endpoint.secret], &wrong)
    });
    verified(&all, deliveries.collect()).await;
}

/// The block of `docs/webhooks.md` in that language, to the byte.
fn printed(language: &str) -> &'static str {
    let page = include_str!("../../../../docs/webhooks.md");
    let fence = format!("```{language}\n");
    let mut blocks = page.split(&*fence).skip(1);
    let block = blocks.next().expect("a block");
    assert!(blocks.next().is_none(), "several blocks in {language}");
    let (block, _) = block.split_once("```").expect("its end");
    block
}

/// A receiver as it is printed takes what is signed with its secret, and nothing else.
async fn receives(folder: &Path, mut program: Command) {
    let account = Account::new().await;
    let endpoint = Endpoint::new(&account, &["*"]).await;
    let body = json!({"event": "file.processed"});
    let sent = account.client.post(&endpoint.path("/test"), &body).await;
    sent.succeeds(202);
    let received = Receiver::get().wait(&endpoint.tag, 1, SOON).await.remove(0);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", free.local_addr().unwrap());
    let port = free.local_addr().unwrap().port();
    drop(free);
    let said = folder.join("said");
    let file = File::create(&said).unwrap();
    program.env("WEBHOOK_SECRET", &endpoint.secret);
    program.env("PORT", port.to_string());
    program.stdin(Stdio::null()).kill_on_drop(true);
    program.stdout(file.try_clone().unwrap()).stderr(file);
    let _server = program.spawn().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |body: Vec<u8>| {
        let mut request = client.post(&url).body(body);
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            request = request.header(name, received.header(name));
        }
        Some(request.send().await.ok()?.status().as_u16())
    };
    let taken = eventually_within(Duration::from_secs(60), async || {
        post(received.body.to_vec()).await
    });
    let taken = taken.await;
    let text = || std::fs::read_to_string(&said).unwrap();
    assert_eq!(taken, Some(204), "{}", text());
    assert!(text().contains("file.processed"), "{}", text());
    let changed = [&received.body[..], b" "].concat();
    assert_eq!(post(changed).await, Some(400), "{}", text());
}

/// The block of the docs as a file of this name.
fn written(folder: &Path, language: &str, name: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, printed(language)).unwrap();
    file
}

#[tokio::test]
async fn the_receiver_that_the_docs_print_in_python_works() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "python", "receiver.py");
    let mut program = python();
    program.arg(file);
    receives(folder.path(), program).await;
}

#[tokio::test]
async fn the_receiver_that_the_docs_print_in_javascript_works() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "js", "receiver.cjs");
    let mut program = node();
    program.arg(file);
    receives(folder.path(), program).await;
}

#[tokio::test]
async fn the_receiver_that_the_docs_print_in_go_works() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "go", "receiver.go");
    let program = folder.path().join("receiver");
    build_go(&file, &program).await;
    receives(folder.path(), Command::new(program)).await;
}
