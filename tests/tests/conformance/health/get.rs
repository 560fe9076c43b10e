//! `GET /health` and `GET /health/ready`.

use openclaw_conformance::harness::{Account, gateway};

#[tokio::test]
async fn it_tells_the_seeds_four_fields_and_its_checks() {
    let health = gateway().await.anonymous().get("/v1/health").await.ok();
    assert_eq!(health["status"], "healthy");
    let version = health["version"].as_str().unwrap();
    assert_eq!(version.split('.').count(), 3, "{version}");
    assert!(health["uptime"].is_u64(), "{health}");
    let models: Vec<_> = health["models"].as_array().unwrap().iter().collect();
    assert!(models.iter().any(|id| **id == "gpt-4"), "{health}");
    assert!(models.iter().any(|id| **id == "claude-3"), "{health}");
    assert!(!health["checks"].is_null(), "{health}");
}

#[tokio::test]
async fn it_is_neither_limited_nor_authenticated() {
    let gateway = gateway().await;
    for path in ["/v1/health", "/v1/health/ready", "/api/v1/health/ready"] {
        let reply = gateway.anonymous().get(path).await;
        reply.ok();
        assert_eq!(reply.header("x-ratelimit-limit"), None, "{path}");
    }
    let account = Account::of_tier("free").await;
    let left = |reply: openclaw_conformance::harness::Reply| {
        let left = reply.header("x-ratelimit-remaining").map(str::parse::<u64>);
        left.unwrap().unwrap()
    };
    openclaw_conformance::harness::minute_with(5).await;
    let before = left(account.client.get("/v1/models").await);
    for _ in 0..10 {
        account.client.unlimited().get("/v1/health").await.ok();
    }
    assert_eq!(left(account.client.get("/v1/models").await), before - 1);
}
