//! The WebSocket (docs/websocket.md).

mod authenticate;
mod cancel;
mod chat;
mod connections;
mod cut;
mod document;
mod frames;
mod handshake;
mod hibernation;
mod leave;
mod limits;
mod many;
mod native;
mod provider;
mod resume;
mod skill_execute;
mod skills;
mod tools;
mod vendors;

use openclaw_conformance::{
    harness::{Account, chat},
    upstream::Script,
};
use serde_json::{Value, json};

/// A chat that streams.
fn streaming(model: &str, script: &Script) -> Value {
    let mut body = chat(model, script);
    body["stream"] = true.into();
    body
}

/// So many words, and how long each takes.
fn words(count: usize, chunk_delay_ms: u64) -> Script {
    Script {
        chunks: Some(count),
        chunk_delay_ms,
        ..Script::default()
    }
}

/// The text of so many words.
fn text_of(count: usize) -> String {
    (0..count).map(|at| format!("w{at} ")).collect()
}

/// A token of the account's first key.
async fn token(account: &Account) -> String {
    let body = json!({"api_key": account.key.secret});
    let made = account
        .client
        .unlimited()
        .post("/v1/auth/token", &body)
        .await;
    made.ok()["token"].as_str().expect("a token").into()
}
