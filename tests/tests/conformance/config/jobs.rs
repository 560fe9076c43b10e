//! Work after the answer takes the configuration at run time, too.

use super::{empty, late, seen};
use crate::workflows;
use openclaw_conformance::harness::{Account, hello};
use serde_json::json;

#[tokio::test]
async fn a_run_that_starts_after_a_change_has_its_models() {
    let (_server, operator) = empty().await;
    let scopes = json!({"scopes": ["chat", "workflows"]});
    let account = Account::on(&operator, json!({}), scopes).await;
    let provider = late();
    operator
        .post("/v1/providers", &provider)
        .await
        .succeeds(201);
    let model = json!({
        "id": "late/model", "context_length": 8192, "targets": [{"provider": "late", "model": "gpt-4"}],
    });
    operator.post("/v1/models", &model).await.succeeds(201);
    let steps = json!([{"type": "ai_completion", "model": "late/model", "prompt": "Hello"}]);
    let workflow = json!({"name": "Late", "steps": steps});
    // A definition is refused while its model is not known.
    let client = &account.client;
    seen(async || client.post("/v1/workflows", &workflow).await.status == 201).await;
    let greeting = hello("late/model");
    seen(async || client.chat(&greeting).await.status == 200).await;
    let run = async || {
        let run = workflows::start(&account, "late", json!({})).await;
        workflows::ended(&account, &run).await
    };
    // The process that works on jobs may see it last.
    seen(async || run().await["status"] == "completed").await;
}
