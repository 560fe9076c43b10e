//! `GET /accounts/{id}/export`.

use openclaw_conformance::harness::{Account, Form, gateway, hello};
use serde_json::{Value, json};

#[tokio::test]
async fn it_has_a_line_for_everything_and_no_secrets() {
    let account = Account::admin().await;
    let client = &account.client;
    client.chat(&hello("gpt-4")).await.ok();
    let file = Form::new()
        .file("notes.txt", b"Hello")
        .text("purpose", "analysis");
    client.send_form("/v1/files", file).await.succeeds(201);
    let webhook = json!({"url": "https://example.com/hook", "events": ["chat.failed"]});
    let webhook = client.post("/v1/webhooks", &webhook).await.succeeds(201);
    account.usage(1).await;

    let operator = gateway().await.operator();
    let path = format!("/v1/accounts/{}/export", account.id);
    let exported = operator.get(&path).await;
    assert_eq!(exported.header("content-type"), Some("application/jsonl"));
    let text = exported.text();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let lines: Vec<Value> = lines.collect();
    let of = |kind: &str| Vec::from_iter(lines.iter().filter(|line| line["type"] == kind));
    assert_eq!(lines[0]["type"], "account");
    assert_eq!(lines[0]["data"]["id"], account.id.as_str());
    assert_eq!(lines.last().unwrap(), &json!({"type": "end"}));
    assert_eq!(of("key").len(), 1);
    assert_eq!(of("key")[0]["id"], account.key.id.as_str());
    assert_eq!(of("file")[0]["data"]["filename"], "notes.txt");
    assert_eq!(of("webhooks").len(), 1);
    assert!(
        !of("usage_hour").is_empty() || !of("request").is_empty(),
        "{text}"
    );
    for secret in [&account.key.secret, webhook["secret"].as_str().unwrap()] {
        assert!(!text.contains(secret));
    }
    assert!(
        !text.contains("\"hash\"") && !text.contains("\"secret\""),
        "{text}"
    );
    client.get(&path).await.fails("forbidden");
    operator
        .get("/v1/accounts/acct_nobody/export")
        .await
        .fails("not_found");
}
