//! The seed's WebSocket examples as printed there (`fixtures/seed`), on every client there is: Python's
//! `websocket-client`, Node's own WebSocket, the package `ws`, and a browser's own.

use super::{PLAIN, file, story};
use openclaw_conformance::harness::{Account, browser, gateway, node, python, run, ws_url};
use serde_json::Value;
use tokio::process::Command;

/// Runs an example; what it printed, and whose key it had.
async fn example(command: Command, file: &str) -> (String, Account) {
    let account = Account::new().await;
    let file = format!("fixtures/seed/{file}");
    let said = run(command, &file, &account.key.secret).await;
    (said, account)
}

/// Node with `ws` in the place of its own.
fn node_with_ws() -> Command {
    let mut node = node();
    node.arg("--require")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/sdk/node/ws.cjs"));
    node
}

/// The JavaScript class is welcomed, chats, and is closed.
fn chats(said: &str) {
    let (welcome, rest) = said.split_once(PLAIN).expect(said);
    assert!(welcome.starts_with("Received message: {"), "{said}");
    assert!(welcome.contains("auth_ok"), "{said}");
    assert_eq!(rest.trim_end(), "WebSocket connection closed");
}

async fn is_welcomed(command: Command) {
    let (said, account) = example(command, "websocket_connect.mjs").await;
    let welcome: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(welcome["type"], "auth_ok", "{welcome}");
    assert_eq!(welcome["account"], *account.id);
}

#[tokio::test]
async fn nodes_own_connects() {
    is_welcomed(node()).await;
}

#[tokio::test]
async fn ws_connects() {
    is_welcomed(node_with_ws()).await;
}

#[tokio::test]
async fn python_connects() {
    let (said, account) = example(python(), "websocket_connect.py").await;
    assert!(said.starts_with("Received: {'type': 'auth_ok'"), "{said}");
    assert!(said.contains(&account.id), "{said}");
}

#[tokio::test]
async fn the_class_chats_on_nodes_own() {
    let (said, account) = example(node(), "websocket_client.mjs").await;
    chats(&said);
    assert_eq!(account.usage(1).await["total_requests"], 1);
}

#[tokio::test]
async fn the_class_chats_on_ws() {
    let (said, account) = example(node_with_ws(), "websocket_client.mjs").await;
    chats(&said);
    assert_eq!(account.usage(1).await["total_requests"], 1);
}

#[tokio::test]
async fn the_class_chats_in_a_browser() {
    let account = Account::new().await;
    let script = include_str!("../../../fixtures/seed/websocket_client.mjs");
    let page = include_str!("../../../sdk/node/page.html")
        .replace("{url}", &ws_url(&gateway().await.base_url))
        .replace("{script}", script);
    let (_folder, page) = file("page.html", &page);
    let command = browser(&page, "WebSocket connection closed");
    let said = run(command, "sdk/node/browser.cjs", &account.key.secret).await;
    chats(&said);
    assert_eq!(account.usage(1).await["total_requests"], 1);
}

#[tokio::test]
async fn the_class_chats_in_python_plain_and_streaming() {
    let (said, account) = example(python(), "websocket_client.py").await;
    let (welcome, streamed) = said.split_once(PLAIN).expect(&said);
    assert!(
        welcome.starts_with("Received: {'type': 'auth_ok'"),
        "{said}"
    );
    // It looks every 0.1 s and shows the latest alone: words of the story, in its order.
    let (story, mut at) = (story(), 0);
    for word in streamed.split_inclusive(' ') {
        let found = story[at..].find(word).expect(&said);
        at += found + word.len();
    }
    assert_eq!(account.usage(2).await["total_requests"], 2);
}
