//! Cross-origin requests.

use openclaw_conformance::harness::{Account, Client, Options, Reply, Server, gateway};

async fn preflight(client: &Client, origin: &str) -> Reply {
    let request = client
        .request("OPTIONS", "/v1/chat/completions")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,idempotency-key",
        );
    client.send(request).await
}

#[tokio::test]
async fn a_preflight_needs_no_credentials() {
    let reply = preflight(&gateway().await.anonymous(), "https://app.example.com").await;
    assert!((200..300).contains(&reply.status), "{}", reply.status);
    let header = |name| reply.header(name).unwrap_or_default().to_lowercase();
    let origin = header("access-control-allow-origin");
    assert!(
        ["*", "https://app.example.com"].contains(&&*origin),
        "{origin}"
    );
    let methods = header("access-control-allow-methods");
    assert!(methods == "*" || methods.contains("post"), "{methods}");
    // A wildcard does not cover `authorization` (Fetch standard).
    for name in ["authorization", "content-type", "idempotency-key"] {
        assert!(
            header("access-control-allow-headers").contains(name),
            "{name}"
        );
    }
}

#[tokio::test]
async fn answers_carry_the_origin_too_errors_included() {
    let account = Account::new().await;
    for client in [&account.client, &gateway().await.anonymous()] {
        let request = client
            .request("GET", "/v1/models")
            .header("origin", "https://a.example");
        let reply = client.send(request).await;
        let origin = reply
            .header("access-control-allow-origin")
            .unwrap_or_default();
        assert!(
            ["*", "https://a.example"].contains(&origin),
            "{}: {origin}",
            reply.status
        );
    }
}

#[tokio::test]
async fn configured_origins_are_the_only_ones() {
    let options = Options {
        config: Some("[cors]\norigins = [\"https://good.example\"]\n".into()),
        ..Options::default()
    };
    let server = Server::start("cors", options).await.expect("starts");
    let client = Client::new(&server.base_url);
    let origin = |reply: Reply| {
        reply
            .header("access-control-allow-origin")
            .map(String::from)
    };
    let good = preflight(&client, "https://good.example").await;
    assert_eq!(origin(good).as_deref(), Some("https://good.example"));
    let bad = preflight(&client, "https://bad.example").await;
    assert_ne!(origin(bad).as_deref(), Some("https://bad.example"));
}
