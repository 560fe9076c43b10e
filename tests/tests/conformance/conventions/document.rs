//! The documents that describe the API, and that answers are held against them.

use http::HeaderMap;
use openclaw_conformance::harness::{Api, Asked, gateway, node, node_modules};
use serde_json::{Value, json};
use std::path::Path;

#[tokio::test]
async fn they_are_served_to_anybody_as_they_are_in_the_repository() {
    let anonymous = gateway().await.anonymous();
    for (path, text) in [
        (
            "openapi.json",
            include_str!("../../../../docs/openapi.json"),
        ),
        (
            "asyncapi.json",
            include_str!("../../../../docs/asyncapi.json"),
        ),
    ] {
        for version in ["/v1", "/api/v1"] {
            let served = anonymous.get(&format!("{version}/{path}")).await;
            assert_eq!(served.header("content-type"), Some("application/json"));
            assert_eq!(served.status, 200);
            assert_eq!(served.text(), text, "{path}");
        }
    }
}

/// What Redocly's linter says of a document, and whether it takes it.
async fn lint(document: &Value) -> (bool, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("openapi.json");
    std::fs::write(&path, document.to_string()).expect("written");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/redocly.yaml");
    let output = node()
        .arg(node_modules().join("@redocly/cli/bin/cli.js"))
        .args(["lint", "--config"])
        .args([&rules, &path])
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .output()
        .await
        .expect("the linter starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.success(), said)
}

#[tokio::test]
async fn the_linter_finds_nothing_and_would_find_something() {
    let (is_taken, said) = lint(&Api::get().json).await;
    assert!(is_taken, "{said}");
    let mut wrong = Api::get().json.clone();
    wrong["paths"]["/keys"]["post"]["summary"].take();
    let (is_taken, said) = lint(&wrong).await;
    assert!(!is_taken && said.contains("summary"), "{said}");
}

fn check(method: &str, path: &str, status: u16, body: &Value) {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    let body = serde_json::to_vec(body).unwrap();
    Api::get().check(&Asked::new(method, path), status, &headers, &body);
}

fn list(more: Value) -> Value {
    json!({"object": "list", "data": more, "has_more": false})
}

#[tokio::test]
async fn an_answer_that_is_as_it_must_be_passes() {
    check("GET", "/v1/keys", 200, &list(json!([])));
    check(
        "GET",
        "/api/v1/webhooks/wh_1/deliveries",
        200,
        &list(json!([])),
    );
    check("GET", "/v1/nowhere", 200, &json!("anything"));
}

#[tokio::test]
#[should_panic(expected = "surprise")]
async fn a_field_that_nothing_describes_is_found() {
    let mut wrong = list(json!([]));
    wrong["surprise"] = true.into();
    check("GET", "/v1/keys", 200, &wrong);
}

#[tokio::test]
#[should_panic(expected = "has_more")]
async fn a_field_that_is_missing_is_found() {
    check(
        "GET",
        "/v1/keys",
        200,
        &json!({"object": "list", "data": []}),
    );
}

#[tokio::test]
#[should_panic(expected = "does not have this status")]
async fn a_status_that_nothing_describes_is_found() {
    check("GET", "/v1/keys", 418, &json!({}));
}
