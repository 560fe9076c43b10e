//! Work behind the answer takes the configuration at run time, too.

use super::{empty, seen};
use openclaw_conformance::harness::{Account, Mock, OPENAI_KEY, eventually_within, hello};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_run_that_starts_after_a_change_has_its_models() {
    let (_server, operator) = empty().await;
    let scopes = json!({"scopes": ["chat", "workflows"]});
    let account = Account::on(&operator, json!({}), scopes).await;
    let provider = json!({
        "id": "late", "base_url": format!("{}/v1", Mock::get().url()), "api_key": OPENAI_KEY,
    });
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
    let run = async || -> Value {
        let run = client.post("/v1/workflows/late/runs", &json!({})).await;
        let run = run.succeeds(202);
        let path = format!("/v1/runs/{}", run["id"].as_str().unwrap());
        let ended = eventually_within(Duration::from_secs(60), async || {
            let run = client.get(&path).await.ok();
            ["completed", "failed"]
                .contains(&run["status"].as_str()?)
                .then_some(run)
        });
        ended.await.expect("an end")
    };
    // The process that works on jobs may see it last.
    seen(async || run().await["status"] == "completed").await;
}
