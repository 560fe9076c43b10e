//! Workflows.

mod control;
mod definitions;
mod durable;
mod large;
mod schedules;
mod steps;
mod waits;
mod watch;

use openclaw_conformance::{
    harness::{Account, Mock, eventually_within},
    upstream::Script,
};
use serde_json::{Value, json};
use std::time::Duration;

/// The URL of a path at the suite's web site.
pub(crate) fn site(path: &str) -> String {
    format!("{}/site/{path}", Mock::get().url())
}

/// A prompt that the upstream answers with this text.
pub(crate) fn says(text: &str) -> String {
    let script = Script {
        text: Some(text.into()),
        ..Script::default()
    };
    script.message()
}

/// Makes a workflow of these steps; its id.
pub(crate) async fn make(account: &Account, steps: Value) -> String {
    make_of(
        account,
        json!({"name": "A workflow of the suite", "steps": steps}),
    )
    .await
}

/// Makes a workflow; its id.
pub(crate) async fn make_of(account: &Account, definition: Value) -> String {
    let made = account.client.post("/v1/workflows", &definition).await;
    let made = made.succeeds(201);
    made["id"].as_str().expect("an id").to_owned()
}

/// Starts a run; its id.
pub(crate) async fn start(account: &Account, workflow: &str, parameters: Value) -> String {
    let body = json!({"parameters": parameters});
    let path = format!("/v1/workflows/{workflow}/runs");
    let run = account.client.post(&path, &body).await.succeeds(202);
    assert_eq!(run["object"], "run");
    run["id"].as_str().expect("an id").to_owned()
}

/// How long a run is waited for: whoever was killed at it is noticed after a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// A run once its status is one of these.
async fn when(account: &Account, run: &str, status: &[&str]) -> Value {
    let path = format!("/v1/runs/{run}");
    let found = eventually_within(PATIENCE, async || {
        let shown = account.client.get(&path).await.ok();
        let found = shown["status"].as_str().expect("a status");
        status.contains(&found).then_some(shown)
    });
    if let Some(found) = found.await {
        return found;
    }
    let shown = account.client.get(&path).await.ok();
    panic!("never {status:?}: {shown}");
}

/// A run once it has ended.
pub(crate) async fn ended(account: &Account, run: &str) -> Value {
    when(account, run, &["completed", "failed", "cancelled"]).await
}

/// The result of a run of these steps.
async fn result(account: &Account, steps: Value, parameters: Value) -> Value {
    let workflow = make(account, steps).await;
    let run = start(account, &workflow, parameters).await;
    let run = ended(account, &run).await;
    assert_eq!(run["status"], "completed", "{run:#}");
    run["result"].clone()
}

/// The step of that id in a run.
pub(crate) fn step<'a>(run: &'a Value, id: &str) -> &'a Value {
    let steps = run["steps"].as_array().expect("steps");
    let found = steps.iter().find(|step| step["id"] == id);
    found.unwrap_or_else(|| panic!("no step {id}: {run:#}"))
}
