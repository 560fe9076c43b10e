//! Requests that are made up from the document.

use openclaw_conformance::harness::{ADMIN_TOKEN, Account, Api, Client, Options, Server, python};
use serde_json::{Value, json};
use std::path::Path;

/// Requests of each kind, right and wrong, that an operation gets.
const EXAMPLES: &str = "2";

/// What schemathesis finds when it asks as `document` says, and whether that is nothing.
async fn ask(server: &Server, document: &Value, path: Option<&str>) -> (bool, String) {
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let tier = json!({"tier": "enterprise", "rate_limit": 1_000_000});
    let account = Account::on(&operator, tier, json!({"scopes": ["admin"]})).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, document.to_string()).expect("written");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/python/fuzz.py");
    let output = python()
        .args([&script, &file])
        .arg(format!("{}/v1", server.base_url))
        .args([&*account.key.secret, ADMIN_TOKEN, EXAMPLES])
        .args(path)
        .output()
        .await
        .expect("schemathesis starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.success(), said)
}

#[tokio::test]
async fn whatever_is_asked_the_answer_is_one_that_the_document_knows() {
    // The operator's requests change what holds for all.
    let server = Server::start("fuzz", Options::default()).await;
    let server = server.expect("a gateway");
    let document = &Api::get().json;
    let (is_fine, said) = ask(&server, document, None).await;
    assert!(is_fine, "{said}");
    let said: Value = serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap();
    assert!(said["asked"].as_u64() > Some(300), "{said}");
    // It would say so.
    let mut wrong = document.clone();
    let answers = wrong["paths"]["/keys"]["post"]["responses"].as_object_mut();
    answers.unwrap().remove("400");
    let (is_fine, said) = ask(&server, &wrong, Some("/keys")).await;
    assert!(!is_fine && said.contains("400"), "{said}");
}
