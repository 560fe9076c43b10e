//! Files in chats.

use super::process::ended;
use openclaw_conformance::{
    harness::{Account, Mock, Reply, tag},
    upstream::Script,
};
use serde_json::{Value, json};

/// A processed file's id.
async fn processed(account: &Account, name: &str, bytes: &[u8]) -> String {
    let file = account.client.upload(name, bytes).await;
    let file = ended(account, &file).await;
    assert_eq!(file["status"], "processed", "{file}");
    file["id"].as_str().unwrap().to_owned()
}

async fn chat(account: &Account, message: &Value, script: &Script) -> Reply {
    let last = json!({"role": "user", "content": script.message()});
    let body = json!({"model": "gpt-4", "messages": [message, last], "max_tokens": 100});
    account.client.chat(&body).await
}

fn script() -> Script {
    Script {
        tag: tag("files"),
        ..Script::default()
    }
}

/// What the provider was sent for a first message with files.
async fn sent(account: &Account, message: Value) -> Value {
    let script = script();
    chat(account, &message, &script).await.ok();
    let report = Mock::get().report(&script.tag).await;
    report.seen[0].body["messages"][0].clone()
}

/// That a first message with files is refused, before any provider is asked.
async fn refused(account: &Account, message: Value) -> Reply {
    let script = script();
    let reply = chat(account, &message, &script).await;
    assert_eq!(Mock::get().report(&script.tag).await.requests, 0);
    reply
}

#[tokio::test]
async fn a_files_text_goes_before_the_messages_own() {
    let account = Account::new().await;
    let file = processed(&account, "notes.txt", b"Some \"notes\"").await;
    let text = json!({"type": "text", "text": "File 'notes.txt':\n\nSome \"notes\""});
    let own = json!({"type": "text", "text": "Sum it up"});
    let message = json!({"role": "user", "content": "Sum it up", "file_ids": [file]});
    let expected = json!({"role": "user", "content": [text, own]});
    assert_eq!(sent(&account, message).await, expected);
    // A part stays where it is.
    let part = json!({"type": "file", "file": {"file_id": file}});
    let message = json!({"role": "user", "content": [own, part]});
    let expected = json!({"role": "user", "content": [own, text]});
    assert_eq!(sent(&account, message).await, expected);
}

#[tokio::test]
async fn a_picture_is_shown() {
    let account = Account::new().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    let file = processed(&account, "a.png", png).await;
    let message = json!({"role": "user", "content": "What is it?", "file_ids": [file]});
    let sent = sent(&account, message).await;
    let url = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAA=";
    let picture = json!({"type": "image_url", "image_url": {"url": url}});
    assert_eq!(sent["content"][0], picture);
}

#[tokio::test]
async fn what_carries_its_bytes_is_passed_on() {
    let account = Account::new().await;
    let part = json!({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}});
    let message = json!({"role": "user", "content": [part, {"type": "text", "text": "file_id"}]});
    assert_eq!(sent(&account, message.clone()).await, message);
}

#[tokio::test]
async fn what_does_not_fit_the_context_is_named() {
    let account = Account::new().await;
    // The model's context is 8,192 tokens.
    let long = processed(&account, "long.txt", "word ".repeat(8500).as_bytes()).await;
    let message = json!({"role": "user", "content": "Read", "file_ids": [long]});
    let reply = refused(&account, message).await;
    let failure = reply.fails("invalid_request");
    failure.names("messages[0].file_ids[0]");
    assert!(failure.message.contains("long.txt"), "{failure:?}");
}

#[tokio::test]
async fn files_that_are_not_there_or_have_nothing_to_say_are_named() {
    let (account, other) = (Account::new().await, Account::new().await);
    let foreign = processed(&other, "theirs.txt", b"secret").await;
    let noise = processed(&account, "noise", b"\xff\xfe\0\x01").await;
    for id in [&*foreign, &noise, "file_unknown", "x"] {
        let message = json!({"role": "user", "content": "Read", "file_ids": [id]});
        refused(&account, message)
            .await
            .blames("messages[0].file_ids[0]");
        let part = json!({"type": "file", "file": {"file_id": id}});
        let message = json!({"role": "user", "content": [part]});
        refused(&account, message)
            .await
            .blames("messages[0].content[0].file.file_id");
    }
    let message = json!({"role": "user", "content": "Read", "file_ids": "x"});
    refused(&account, message)
        .await
        .blames("messages[0].file_ids");
    let file = processed(&account, "a", b"x").await;
    let many = vec![file.clone(); 21];
    let message = json!({"role": "user", "content": "Read", "file_ids": many});
    refused(&account, message)
        .await
        .blames("messages[0].file_ids[20]");
    let key = account.another_key(json!({"scopes": ["chat"]})).await;
    let body = json!({"model": "gpt-4", "messages": [{"role": "user", "content": "x", "file_ids": [file]}]});
    account
        .client_with(&key.secret)
        .chat(&body)
        .await
        .fails("forbidden");
}

#[tokio::test]
async fn a_file_that_is_not_processed_yet_may_be_asked_for_again() {
    let account = Account::new().await;
    let file = account.client.upload("a.txt", b"soon").await;
    let message = json!({"role": "user", "content": "Read", "file_ids": [file["id"]]});
    // Either it was quick, or the SDKs are told to ask again.
    let reply = chat(&account, &message, &script()).await;
    if reply.status != 200 {
        reply.fails("conflict");
        assert_eq!(reply.header("x-should-retry"), Some("true"));
    }
    ended(&account, &file).await;
    chat(&account, &message, &script()).await.ok();
}
