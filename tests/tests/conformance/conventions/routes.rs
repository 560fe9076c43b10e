//! Paths, methods, request ids.

use openclaw_conformance::harness::{Account, gateway, hello};

#[tokio::test]
async fn v1_and_api_v1_are_alike() {
    let account = Account::new().await;
    for path in ["/models", "/models/gpt-4", "/analytics/usage?period=24h"] {
        let v1 = account.client.get(&format!("/v1{path}")).await.ok();
        let api = account.client.get(&format!("/api/v1{path}")).await.ok();
        assert_eq!(v1, api, "{path}");
    }
    let chat = account
        .client
        .post("/api/v1/chat/completions", &hello("gpt-4"))
        .await;
    assert_eq!(chat.ok()["object"], "chat.completion");
    let stream = account
        .client
        .stream("/api/v1/chat/completions/stream", &hello("gpt-4"))
        .await;
    assert_eq!(stream.read().await.last_line(), "data:[DONE]");
    let anonymous = gateway().await.anonymous();
    assert_eq!(
        anonymous.get("/api/v1/health").await.ok()["status"],
        "healthy"
    );
    anonymous.get("/api/v1/models").await.fails("unauthorized");
}

#[tokio::test]
async fn an_unknown_path_is_404() {
    let client = Account::new().await.client.unlimited();
    for path in [
        "/",
        "/v1",
        "/v1/nothing",
        "/v2/models",
        "/v1/chat",
        "/v1/models/x/y/z",
    ] {
        client.get(path).await.fails("not_found");
    }
    client
        .post("/v1/chat/completions/nothing", &hello("gpt-4"))
        .await
        .fails("not_found");
}

#[tokio::test]
async fn a_method_that_is_not_there_is_405() {
    let client = Account::admin().await.client.unlimited();
    for (method, path) in [
        ("GET", "/v1/chat/completions"),
        ("DELETE", "/v1/models"),
        ("POST", "/v1/models/gpt-4"),
        ("PUT", "/v1/keys"),
        ("POST", "/v1/health"),
        ("GET", "/v1/auth/token"),
        ("POST", "/api/v1/analytics/usage"),
    ] {
        let reply = client.send(client.request(method, path)).await;
        let failure = reply.fails("method_not_allowed");
        assert!(failure.param.is_none(), "{method} {path}: {failure:?}");
    }
}

#[tokio::test]
async fn request_ids_differ() {
    let client = gateway().await.anonymous();
    let first = client.get("/v1/health").await;
    let second = client.get("/v1/health").await;
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}

#[tokio::test]
async fn a_browser_at_the_top_is_led_to_the_dashboard() {
    let client = gateway().await.anonymous();
    let page = "text/html,application/xhtml+xml,*/*;q=0.8";
    let request = client.request("GET", "/").header("accept", page);
    let reply = client.send(request).await;
    assert_eq!(reply.status, 302, "{}", reply.text());
    assert_eq!(reply.header("location"), Some("dashboard/"));
    let posted = client.request("POST", "/").header("accept", page);
    client.send(posted).await.fails("not_found");
}
