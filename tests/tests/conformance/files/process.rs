//! What becomes of a file: its type, its text, its tokens.

use openclaw_conformance::harness::{Account, eventually_within};
use serde_json::Value;
use std::time::Duration;

/// The file once it is processed, or has failed.
pub(super) async fn ended(account: &Account, file: &Value) -> Value {
    ended_within(account, file, Duration::from_secs(30)).await
}

/// The same for a file that takes longer.
pub(super) async fn ended_within(account: &Account, file: &Value, limit: Duration) -> Value {
    let path = format!("/v1/files/{}", file["id"].as_str().expect("an id"));
    let ended = eventually_within(limit, async || {
        let file = account.client.get(&path).await.ok();
        let status = file["status"].as_str().expect("a status").to_owned();
        ["processed", "failed"].contains(&&*status).then_some(file)
    });
    ended.await.expect("an end")
}

/// The text of a file that is processed.
async fn text(account: &Account, file: &Value) -> String {
    let path = format!("/v1/files/{}/text", file["id"].as_str().unwrap());
    let reply = account.client.get(&path).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(
        reply.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    reply.text()
}

#[tokio::test]
async fn kinds_of_text_are_told_apart_and_read() {
    let account = Account::new().await;
    let nested = "[".repeat(10_000) + &"]".repeat(10_000);
    for (name, bytes, kind, expected) in [
        ("a.txt", "Hello, wörld!", "text/plain", "Hello, wörld!"),
        (
            "a.md",
            "# Title\n\n- one",
            "text/markdown",
            "# Title\n\n- one",
        ),
        ("a.csv", "a,b\n1,2\n", "text/csv", "a,b\n1,2\n"),
        (
            "a",
            "{\"a\": [1, 2]}",
            "application/json",
            "{\"a\": [1, 2]}",
        ),
        (
            "page.html",
            "<!doctype html><title>T</title><script>var x;</script><p>One &amp; two</p><p>three</p>",
            "text/html",
            "T\nOne & two\nthree\n",
        ),
        ("nested.json", &*nested, "application/json", &*nested),
        ("empty", "", "text/plain", ""),
    ] {
        let file = account.client.upload(name, bytes.as_bytes()).await;
        let file = ended(&account, &file).await;
        assert_eq!(file["status"], "processed", "{file}");
        assert_eq!(file["content_type"], kind, "{name}");
        let tokens = file["tokens"].as_u64().expect("tokens");
        assert_eq!(tokens == 0, bytes.is_empty(), "{file}");
        assert_eq!(text(&account, &file).await, expected, "{name}");
    }
}

#[tokio::test]
async fn what_has_no_text_has_a_type() {
    let account = Account::new().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    for (name, bytes, kind) in [
        // What it is called does not matter.
        ("picture.txt", &png[..], "image/png"),
        ("noise", b"\xff\xfe\0\x01\x02\0", "application/octet-stream"),
    ] {
        let file = account.client.upload(name, bytes).await;
        let file = ended(&account, &file).await;
        assert_eq!(
            (&file["status"], &file["content_type"]),
            (&"processed".into(), &kind.into())
        );
        assert!(file["tokens"].is_null(), "{file}");
        let path = format!("/v1/files/{}/text", file["id"].as_str().unwrap());
        account.client.get(&path).await.fails("not_found");
    }
}

#[tokio::test]
async fn what_cannot_be_read_says_why() {
    let account = Account::new().await;
    for (name, bytes, why) in [
        (
            "broken.pdf",
            &b"%PDF-1.7\nnothing of the kind"[..],
            "no PDF",
        ),
        ("broken.docx", b"PK\x03\x04nothing of the kind", "no DOCX"),
    ] {
        let file = account.client.upload(name, bytes).await;
        let file = ended(&account, &file).await;
        assert_eq!(file["status"], "failed", "{name}: {file}");
        let error = file["error"].as_str().expect("an error");
        assert!(error.contains(why), "{name}: {error}");
        let path = format!("/v1/files/{}/text", file["id"].as_str().unwrap());
        let failure = account.client.get(&path).await.fails("conflict");
        assert!(failure.message.contains(why), "{failure:?}");
    }
}
