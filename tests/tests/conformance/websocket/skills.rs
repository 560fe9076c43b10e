//! `skill_execute` and `workflow_start`, of what does not exist.

use openclaw_conformance::harness::Account;
use serde_json::{Value, json};

async fn is_not_found(frame: Value) {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket.send(&frame).await;
    let told = socket.told().await;
    assert_eq!(told.last()["id"], frame["id"]);
    told.fails("not_found");
}

#[tokio::test]
async fn an_unknown_skill_is_not_found() {
    is_not_found(json!({
        "type": "skill_execute",
        "id": "skill_123",
        "skill": "no-such-skill",
        "command": "get",
        "parameters": {"location": "London"},
    }))
    .await;
}

#[tokio::test]
async fn an_unknown_workflow_is_not_found() {
    is_not_found(json!({
        "type": "workflow_start",
        "id": "workflow_123",
        "workflow": "no-such-workflow",
        "parameters": {"date": "2026-02-28"},
    }))
    .await;
}

#[tokio::test]
async fn a_name_is_not_a_path() {
    // Were it one, this would be `/v1/chat/completions`.
    is_not_found(json!({
        "type": "skill_execute",
        "id": "a",
        "skill": "../chat/completions?",
        "command": "get",
        "model": "gpt-4",
        "messages": [{"role": "user", "content": "Hello!"}],
    }))
    .await;
}

#[tokio::test]
async fn what_is_to_be_run_must_be_named() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    for (kind, field) in [("skill_execute", "skill"), ("workflow_start", "workflow")] {
        for name in [Value::Null, json!(""), json!(7)] {
            let mut frame = json!({"type": kind, "id": "a", "parameters": {}});
            if !name.is_null() {
                frame[field] = name;
            }
            socket.send_wrong(&frame).await;
            socket.told().await.fails("invalid_request").names(field);
        }
    }
}
