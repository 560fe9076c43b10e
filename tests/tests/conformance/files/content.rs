//! `GET /files/{id}/content`.

use openclaw_conformance::harness::{Account, Client, Reply};
use serde_json::Value;

const BYTES: &[u8] = b"0123456789abcdefghij";

async fn uploaded(account: &Account, name: &str, bytes: &[u8]) -> (Value, String) {
    let file = account.client.upload(name, bytes).await;
    let path = format!("/v1/files/{}/content", file["id"].as_str().unwrap());
    (file, path)
}

async fn with(client: &Client, path: &str, headers: &[(&str, &str)]) -> Reply {
    let request = client.request("GET", path);
    let add = |request: reqwest::RequestBuilder, (name, told): &(&str, &str)| {
        request.header(*name, *told)
    };
    client.send(headers.iter().fold(request, add)).await
}

#[tokio::test]
async fn it_is_the_bytes_that_came() {
    let account = Account::new().await;
    let every: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let (file, path) = uploaded(&account, "every byte", &every).await;
    let content = account.client.get(&path).await;
    assert_eq!(content.status, 200);
    assert!(content.body == every);
    let tag = format!("\"{}\"", file["sha256"].as_str().unwrap());
    assert_eq!(content.header("etag"), Some(&*tag));
    assert_eq!(content.header("accept-ranges"), Some("bytes"));
}

#[tokio::test]
async fn no_browser_shows_it() {
    let account = Account::new().await;
    for (name, bytes) in [
        ("page.html", &b"<script>alert(1)</script>"[..]),
        (
            "picture.svg",
            b"<svg onload=\"alert(1)\" xmlns=\"http://www.w3.org/2000/svg\"/>",
        ),
    ] {
        let (_, path) = uploaded(&account, name, bytes).await;
        let content = account.client.get(&path).await;
        let disposition = content.header("content-disposition").unwrap();
        assert!(disposition.starts_with("attachment;"), "{disposition}");
        assert!(disposition.contains(name), "{disposition}");
        assert_eq!(content.header("x-content-type-options"), Some("nosniff"));
        let policy = content.header("content-security-policy").unwrap();
        assert!(policy.starts_with("sandbox;"), "{policy}");
    }
}

#[tokio::test]
async fn a_range_is_exact() {
    let account = Account::new().await;
    let (_, path) = uploaded(&account, "a", BYTES).await;
    for (asked, told, bytes) in [
        ("bytes=0-0", "bytes 0-0/20", &BYTES[..1]),
        ("bytes=5-9", "bytes 5-9/20", &BYTES[5..10]),
        ("bytes=15-", "bytes 15-19/20", &BYTES[15..]),
        ("bytes=-3", "bytes 17-19/20", &BYTES[17..]),
        ("bytes=18-100", "bytes 18-19/20", &BYTES[18..]),
    ] {
        let reply = with(&account.client, &path, &[("range", asked)]).await;
        assert_eq!(reply.status, 206, "{asked}");
        assert_eq!(reply.header("content-range"), Some(told));
        assert_eq!(reply.body, bytes, "{asked}");
    }
}

#[tokio::test]
async fn several_ranges_and_what_is_none_get_the_whole() {
    let account = Account::new().await;
    let (_, path) = uploaded(&account, "a", BYTES).await;
    for asked in ["bytes=0-1,5-6", "lines=1-2", "bytes=x"] {
        let reply = with(&account.client, &path, &[("range", asked)]).await;
        assert_eq!((reply.status, &reply.body[..]), (200, BYTES), "{asked}");
    }
    let headers = [("range", "bytes=0-1"), ("if-range", "\"another\"")];
    let reply = with(&account.client, &path, &headers).await;
    assert_eq!((reply.status, &reply.body[..]), (200, BYTES));
}

#[tokio::test]
async fn a_range_outside_is_416() {
    let account = Account::new().await;
    let (_, path) = uploaded(&account, "a", BYTES).await;
    for asked in ["bytes=20-", "bytes=20-30"] {
        let reply = with(&account.client, &path, &[("range", asked)]).await;
        reply.fails("range_not_satisfiable");
        assert_eq!(reply.header("content-range"), Some("bytes */20"));
    }
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let account = Account::new().await;
    let (file, path) = uploaded(&account, "a", BYTES).await;
    let tag = format!("\"{}\"", file["sha256"].as_str().unwrap());
    let reply = with(&account.client, &path, &[("if-none-match", &tag)]).await;
    assert_eq!((reply.status, reply.body.len()), (304, 0));
    assert_eq!(reply.header("etag"), Some(&*tag));
    let reply = with(&account.client, &path, &[("if-none-match", "\"other\"")]).await;
    assert_eq!((reply.status, &reply.body[..]), (200, BYTES));
}

#[tokio::test]
async fn another_account_sees_nothing() {
    let (account, other) = (Account::new().await, Account::new().await);
    let (file, path) = uploaded(&account, "a", BYTES).await;
    let id = format!("/v1/files/{}", file["id"].as_str().unwrap());
    other.client.get(&path).await.fails("not_found");
    other.client.get(&id).await.fails("not_found");
    other.client.delete(&id).await.fails("not_found");
    assert_eq!(account.client.get(&path).await.status, 200);
}
