//! The functions behind an emulator that is not ours: function URLs' events (v2), several copies.

use super::here;
use crate::own_server::operator;
use futures_util::future::join_all;
use openclaw_conformance::{
    harness::{Account, Client, Emulator, Options, Server, chat, hello},
    upstream::Script,
};
use serde_json::json;

#[tokio::test]
async fn chats_go_through_cargo_lambdas_emulator_event_by_event() {
    if !here() {
        return;
    }
    let server = Server::start("emulated", Options::default()).await;
    let server = server.expect("it starts");
    let fields = json!({"tier": "enterprise", "rate_limit": 100_000});
    let account = Account::on(&operator(&server), fields, json!({})).await;
    let emulator = Emulator::start(&server, "chat", 3).await;
    let client = Client::new(&emulator.base_url).with(&account.key.secret);

    let body = hello("gpt-4");
    let plain = join_all((0..6).map(|_| client.chat(&body))).await;
    for reply in plain {
        assert_eq!(reply.ok()["object"], "chat.completion");
    }
    let slow = Script {
        chunks: Some(5),
        chunk_delay_ms: 100,
        ..Script::default()
    };
    let transcript = client.stream_openai(&chat("gpt-4", &slow)).await;
    assert!(transcript.writes.len() >= 5, "{:?}", transcript.writes);
    let last = transcript.writes.last().expect("writes");
    assert!(last.ends_with("data: [DONE]\n\n"), "{last}");

    let endless = Script {
        chunks: Some(1000),
        ..slow
    };
    let mut left = client.open_openai(&chat("gpt-4", &endless)).await;
    left.read_some(3).await;
    drop(left);
    let usage = account.usage(8).await;
    assert_eq!(usage["interrupted"], 1, "{usage}");
}
