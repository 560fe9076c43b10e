//! Signatures, verified by the official libraries of Standard Webhooks.

use super::{Endpoint, SOON};
use openclaw_conformance::harness::{
    Account, Received, Receiver, build_go, eventually_within, node, python, run,
};
use serde_json::{Value, json};
use std::{
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
    let deliveries = json!([
        delivery(&first, &[old], &[other, new]),
        delivery(&both, &[new, old], &[other]),
        delivery(&last, &[newest], &[old, new]),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("webhooks");
    build_go(&Path::new(SDK).join("go/webhooks.go"), &go).await;
    for (mut program, file) in [
        (python(), "sdk/python/webhooks.py"),
        (node(), "sdk/node/webhooks.cjs"),
        (Command::new(go), "sdk/go/webhooks.go"),
    ] {
        program.env("OPENCLAW_DELIVERIES", deliveries.to_string());
        let said = run(program, file, &account.key.secret).await;
        assert_eq!(said, "3 deliveries verified\n", "{file}");
    }
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
