//! Who sees `/metrics`, and what cannot grow in it.

use super::here;
use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Options, Server, eventually, hello,
};
use serde_json::json;

#[tokio::test]
async fn they_are_shown_to_the_token_only_where_one_is_set() {
    if !here() {
        return;
    }
    let token = "the-token-of-the-metrics";
    let options = Options {
        variables: vec![("OPENCLAW_METRICS_TOKEN", token.into())],
        ..Options::default()
    };
    let server = Server::start("metrics", options).await.expect("it starts");
    let client = Client::new(&server.base_url);
    for path in ["/metrics", "/v1/metrics"] {
        for (presented, status) in [(None, 401), (Some("another"), 401), (Some(token), 200)] {
            let mut request = client.request("GET", path);
            if let Some(presented) = presented {
                request = request.bearer_auth(presented);
            }
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), status, "{path} with {presented:?}");
        }
    }
}

#[tokio::test]
async fn they_tell_of_providers_jobs_and_the_ledger() {
    if !here() {
        return;
    }
    let server = Server::start("metrics", Options::default()).await;
    let server = server.expect("it starts");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let account = Account::on(&operator, json!({"tier": "pro"}), json!({})).await;
    account.client.chat(&hello("gpt-4")).await.ok();
    account.client.chat(&hello("down")).await;
    let shown = eventually(async || {
        let text = Client::new(&server.base_url).get("/metrics").await.text();
        text.contains("openclaw_chat_errors_total").then_some(text)
    });
    let text = shown.await.expect("a failure is told");
    for metric in [
        "openclaw_chat_seconds_count{provider=\"mock-openai\"} 1",
        "openclaw_provider_calls_total{provider=\"mock-openai\"}",
        "openclaw_provider_failed_calls_total{provider=\"unreachable\"}",
        "openclaw_chat_errors_total{code=\"provider_",
        // The job for the account's log, which is due in hours.
        "openclaw_queued_jobs 1",
        "openclaw_cooling_targets ",
        "openclaw_ledger_unwritten_changes ",
    ] {
        assert!(text.contains(metric), "{metric}: {text}");
    }
}

#[tokio::test]
async fn methods_that_nobody_knows_are_one_label() {
    if !here() {
        return;
    }
    let server = Server::start("methods", Options::default())
        .await
        .expect("it starts");
    let client = Client::new(&server.base_url);
    for method in ["BREW", "PROPFIND", &"M".repeat(10_000)] {
        let sent = client.request(method, "/v1/health").send().await;
        assert_eq!(sent.expect("an answer").status(), 405);
    }
    let text = client.get("/metrics").await.text().to_string();
    assert!(text.contains("method=\"OTHER\""), "{text}");
    for method in ["BREW", "PROPFIND", "MMMM"] {
        assert!(!text.contains(method), "{method} is a label");
    }
}
