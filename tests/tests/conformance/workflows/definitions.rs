//! `/workflows`: made, listed, changed, removed, and refused with all that is wrong.

use super::{ended, make, start};
use openclaw_conformance::harness::Account;
use serde_json::{Value, json};

#[tokio::test]
async fn the_seeds_example_is_made_listed_and_run() {
    let account = Account::new().await;
    let list = account.client.get("/v1/workflows").await.ok();
    let brief = &list["data"][0];
    let seen = json!({"id": brief["id"], "name": brief["name"], "status": brief["status"]});
    assert_eq!(
        seen,
        json!({"id": "daily-brief", "name": "Daily Brief", "status": "active"})
    );
    let custom = json!({
        "name": "Custom Workflow",
        "description": "My custom workflow",
        "steps": [{"type": "ai_completion", "model": "gpt-4", "prompt": "Generate summary"}],
    });
    let made = account.client.post("/v1/workflows", &custom);
    let made = made.await.succeeds(201);
    assert_eq!(made["id"], "custom-workflow");
    let again = account
        .client
        .get("/v1/workflows/custom-workflow")
        .await
        .ok();
    assert_eq!(again["steps"][0]["prompt"], "Generate summary");
    let run = start(&account, "custom-workflow", json!({})).await;
    let run = ended(&account, &run).await;
    assert_eq!(run["status"], "completed", "{run:#}");
    assert!(run["result"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(run["steps"][0]["id"], "step_1");
}

#[tokio::test]
async fn a_workflow_is_changed_disabled_and_removed() {
    let account = Account::new().await;
    let steps = |value: &str| json!([{"type": "transform", "value": value}]);
    let id = make(&account, steps("one")).await;
    let path = format!("/v1/workflows/{id}");
    let twice = json!({"id": id, "name": "x", "steps": steps("x")});
    account
        .client
        .post("/v1/workflows", &twice)
        .await
        .fails("conflict");
    let changed = account
        .client
        .put(&path, &json!({"name": "Two", "steps": steps("two")}))
        .await;
    assert_eq!(changed.ok()["name"], "Two");
    let disabled = account
        .client
        .patch(&path, &json!({"status": "disabled"}))
        .await;
    assert_eq!(disabled.ok()["status"], "disabled");
    let run = account
        .client
        .post(&format!("{path}/runs"), &json!({}))
        .await;
    run.fails("conflict");
    account.client.delete(&path).await.ok();
    account.client.get(&path).await.fails("not_found");
    account.client.delete(&path).await.fails("not_found");
    let new = account
        .client
        .put(&path, &json!({"name": "New", "steps": steps("new")}))
        .await;
    new.succeeds(201);
    account
        .client
        .delete("/v1/workflows/daily-brief")
        .await
        .fails("conflict");
}

/// The paths that are at fault.
async fn at_fault(account: &Account, definition: Value) -> Vec<String> {
    let reply = account.client.post("/v1/workflows", &definition).await;
    reply.fails("invalid_request");
    let faults = reply.json()["error"]["details"]["faults"].clone();
    let faults = faults.as_array().expect("faults").clone();
    let mut fields: Vec<_> = faults
        .iter()
        .map(|fault| fault["field"].as_str().expect("a field").to_owned())
        .collect();
    fields.sort();
    fields
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let account = Account::new().await;
    let definition = json!({
        "name": "Wrong",
        "parameters": {"type": "nonsense"},
        "steps": [
            {"id": "a", "type": "ai_completion", "model": "no-such-model", "prompt": "{{ steps.b.result }}"},
            {"id": "b", "type": "skill", "skill": "no-such-skill", "command": "x"},
            {"id": "c", "type": "skill", "skill": "weather-skill", "command": "no-such-command"},
            {"id": "a", "type": "transform", "value": "{{ nobody }}", "retry": {"attempts": 2}},
            {"id": "e", "type": "http", "url": "https://example.com", "on_error": {"goto": "b"}},
            {"id": "f", "type": "condition", "if": "{{ steps.nowhere.result }}", "then": [{"type": "wait"}]},
            {"id": "g", "type": "http", "url": "https://example.com", "headers": {"Host": "x"}, "timeout_seconds": 841},
        ],
        "schedule": {"cron": "61 * * * *", "timezone": "Mars/Olympus"},
    });
    let fields = at_fault(&account, definition).await;
    assert_eq!(
        fields,
        [
            "parameters.type",
            "schedule.cron",
            "steps[0].model",
            "steps[0].prompt",
            "steps[1].skill",
            "steps[2].command",
            "steps[3].id",
            "steps[3].retry",
            "steps[3].value",
            "steps[4].on_error.goto",
            "steps[5].if",
            "steps[5].then[0]",
            "steps[6].headers.Host",
            "steps[6].timeout_seconds",
        ]
    );
}

#[tokio::test]
async fn what_has_no_steps_or_too_many_is_refused() {
    let account = Account::new().await;
    let none = at_fault(&account, json!({"name": "x"})).await;
    assert_eq!(none, ["steps"]);
    let step = json!({"type": "transform", "value": 1});
    let fifty = json!({"type": "foreach", "items": [1], "steps": vec![step.clone(); 50]});
    let many = at_fault(&account, json!({"name": "x", "steps": [fifty, fifty]})).await;
    assert_eq!(many, ["steps"]);
    let unknown = json!([{"type": "transform", "value": 1, "colour": "red"}, {"type": "dance"}]);
    let unknown = at_fault(&account, json!({"name": "x", "steps": unknown})).await;
    assert_eq!(unknown, ["steps[0].colour", "steps[1].type"]);
    let schedule = json!({"cron": "0 7 * * *", "timezone": "Mars/Olympus"});
    let zone = json!({"name": "x", "steps": [step], "schedule": schedule});
    assert_eq!(at_fault(&account, zone).await, ["schedule.timezone"]);
}

#[tokio::test]
async fn parameters_are_held_against_their_schema() {
    let account = Account::new().await;
    let run = account
        .client
        .post("/v1/workflows/daily-brief/runs", &json!({}))
        .await;
    run.fails("invalid_request").names("parameters.date");
    let body = json!({"parameters": [1]});
    let run = account
        .client
        .post("/v1/workflows/daily-brief/runs", &body)
        .await;
    run.fails("invalid_request").names("parameters");
    let run = account
        .client
        .post("/v1/workflows/no-such/runs", &json!({}))
        .await;
    run.fails("not_found");
}

#[tokio::test]
async fn a_key_needs_the_scope() {
    let account = Account::new().await;
    let key = account.another_key(json!({"scopes": ["chat"]})).await;
    let client = account.client_with(&key.secret);
    client.get("/v1/workflows").await.fails("forbidden");
    client.get("/v1/runs").await.fails("forbidden");
}

#[tokio::test]
async fn one_account_does_not_see_anothers() {
    let (one, other) = (Account::new().await, Account::new().await);
    let id = make(&one, json!([{"type": "wait", "event": "never"}])).await;
    let run = start(&one, &id, json!({})).await;
    other
        .client
        .get(&format!("/v1/workflows/{id}"))
        .await
        .fails("not_found");
    other
        .client
        .get(&format!("/v1/runs/{run}"))
        .await
        .fails("not_found");
    other
        .client
        .get(&format!("/v1/runs/{run}/events"))
        .await
        .fails("not_found");
    let cancel = other
        .client
        .post(&format!("/v1/runs/{run}/cancel"), &json!({}))
        .await;
    cancel.fails("not_found");
    assert_eq!(other.client.get("/v1/runs").await.ok()["data"], json!([]));
}
