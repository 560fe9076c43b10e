//! Runs that begin by the clock, and the example of docs/workflows.md, which has a schedule.

use super::{ended, make_of, site, start, step};
use openclaw_conformance::harness::{Account, Mock, eventually_within, tag};
use serde_json::{Value, json};
use std::time::Duration;

/// A schedule's minute may have just begun, and the one who looks at it may be busy.
const SOON: Duration = Duration::from_secs(200);

#[tokio::test]
async fn a_schedule_begins_a_run_and_none_once_it_is_disabled() {
    let account = Account::new().await;
    let definition = json!({
        "id": "often", "name": "Often",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "steps": [{"type": "transform", "value": "{{ parameters.city }} {{ run.scheduled_for }}"}],
        "schedule": {"cron": "* * * * *", "timezone": "Asia/Kolkata", "parameters": {"city": "Pune"}},
    });
    make_of(&account, definition).await;
    let path = "/v1/workflows/often";
    let shown = account.client.get(path).await.ok();
    let next = shown["next_runs"].as_array().expect("times");
    let next: Vec<_> = next.iter().map(|at| at.as_str().expect("a time")).collect();
    assert_eq!(next.len(), 5);
    assert!(
        next.iter().all(|at| at.ends_with(":00Z")) && next.is_sorted(),
        "{next:?}"
    );
    let runs = eventually_within(SOON, async || {
        let runs = account.client.get(&format!("{path}/runs")).await.ok();
        (runs["data"][0].is_object()).then_some(runs)
    });
    let runs = runs.await.expect("a run was begun");
    let run = ended(&account, runs["data"][0]["id"].as_str().unwrap()).await;
    let at = run["scheduled_for"].as_str().expect("a time");
    assert!(at.ends_with(":00Z"), "{at}");
    assert_eq!(run["result"], format!("Pune {at}"), "{run:#}");
    assert_eq!(run["key"], *account.key.id);
    let disabled = json!({"status": "disabled"});
    let disabled = account.client.patch(path, &disabled).await.ok();
    assert_eq!(disabled["next_runs"], json!([]));
}

#[tokio::test]
async fn the_documented_brief_calls_a_skill_a_model_and_a_webhook() {
    let docs = include_str!("../../../../docs/workflows.md");
    let blocks = docs.split("```json\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split("\n```").next());
    let example = blocks
        .find(|block| block.contains("\"Morning\""))
        .expect("the example");
    let tag = tag("morning");
    let example = example.replace(
        "https://hooks.example.com/morning",
        &site(&format!("echo?tag={tag}")),
    );
    let example = example.replace("gpt-4o-mini", "gpt-4");
    let account = Account::new().await;
    let definition: Value = serde_json::from_str(&example).expect("JSON");
    let id = make_of(&account, definition).await;
    assert_eq!(id, "morning");
    let shown = account.client.get("/v1/workflows/morning").await.ok();
    assert_eq!(shown["next_runs"].as_array().expect("times").len(), 5);
    let run = start(&account, &id, json!({"city": "London"})).await;
    let run = ended(&account, &run).await;
    assert_eq!(run["status"], "completed", "{run:#}");
    assert_eq!(step(&run, "weather")["status"], "completed");
    assert_eq!(run["result"]["sent"], 200);
    let report = Mock::get().report(&tag).await;
    assert_eq!(
        (report.requests, &report.seen[0].body["text"]),
        (1, &run["result"]["text"])
    );
}
