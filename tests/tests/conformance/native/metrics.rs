//! Who sees `/metrics`, and what cannot grow in it.

use super::here;
use openclaw_conformance::harness::{Client, Options, Server};

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
