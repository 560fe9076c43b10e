//! Runs: listed, cancelled, done again.

use super::{ended, make, make_of, says, site, start, step, when};
use openclaw_conformance::harness::{Account, Mock, tag};
use serde_json::{Value, json};

async fn cancel(account: &Account, run: &str) -> Value {
    let path = format!("/v1/runs/{run}/cancel");
    account.client.post(&path, &json!({})).await.ok()
}

#[tokio::test]
async fn a_run_is_cancelled_in_every_state() {
    let account = Account::new().await;
    let waiting = make(
        &account,
        json!([{"id": "w", "type": "wait", "event": "never"}]),
    )
    .await;
    let run = start(&account, &waiting, json!({})).await;
    when(&account, &run, &["waiting"]).await;
    assert_eq!(cancel(&account, &run).await["status"], "cancelled");
    let shown = ended(&account, &run).await;
    assert_eq!(step(&shown, "w")["status"], "cancelled");

    let tag = tag("cancelled");
    let url = site(&format!("answer?body=x&stall=1&tag={tag}"));
    let steps = json!([
        {"id": "s", "type": "http", "url": url},
        {"id": "after", "type": "transform", "value": 1},
    ]);
    let stalling = make_of(
        &account,
        json!({"id": "stalling", "name": "x", "steps": steps}),
    )
    .await;
    let run = start(&account, &stalling, json!({})).await;
    Mock::get()
        .report_when(&tag, |report| report.requests == 1)
        .await;
    cancel(&account, &run).await;
    // What it does is cut off.
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    let shown = ended(&account, &run).await;
    assert_eq!(shown["status"], "cancelled");
    assert_eq!(step(&shown, "s")["status"], "cancelled");
    assert_eq!(step(&shown, "after")["status"], "pending");

    let path = format!("/v1/runs/{run}/cancel");
    account
        .client
        .post(&path, &json!({}))
        .await
        .fails("conflict");
    let queued = start(&account, &waiting, json!({})).await;
    assert_eq!(cancel(&account, &queued).await["status"], "cancelled");
    assert_eq!(ended(&account, &queued).await["status"], "cancelled");
    account
        .client
        .post("/v1/runs/run_x/cancel", &json!({}))
        .await
        .fails("not_found");
}

#[tokio::test]
async fn a_run_is_done_again_from_a_step() {
    let account = Account::new().await;
    let tag = tag("again");
    let steps = json!([
        {"id": "first", "type": "http", "url": site(&format!("echo?tag={tag}"))},
        {"id": "second", "type": "transform", "value": "{{ steps.first.result.status + 1 }}"},
        {"id": "third", "type": "ai_completion", "model": "gpt-4", "prompt": says("three")},
    ]);
    let workflow = make(&account, steps).await;
    let run = start(&account, &workflow, json!({"n": 1})).await;
    ended(&account, &run).await;
    // The run keeps the definition that it began with.
    let change = json!({"name": "Changed", "steps": [{"type": "transform", "value": 1}]});
    account
        .client
        .put(&format!("/v1/workflows/{workflow}"), &change)
        .await
        .ok();
    let path = format!("/v1/runs/{run}/rerun");
    let again = account
        .client
        .post(&path, &json!({"from_step": "second"}))
        .await;
    let again = again.succeeds(202);
    assert_eq!(again["rerun_of"], run);
    let again = ended(&account, again["id"].as_str().unwrap()).await;
    assert_eq!(
        (&again["result"], &again["parameters"]),
        (&json!("three"), &json!({"n": 1}))
    );
    assert_eq!(step(&again, "second")["output"], 201);
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
    let whole = account.client.post(&path, &json!({})).await.succeeds(202);
    ended(&account, whole["id"].as_str().unwrap()).await;
    assert_eq!(Mock::get().report(&tag).await.requests, 2);
    let wrong = json!({"from_step": "nowhere"});
    account
        .client
        .post(&path, &wrong)
        .await
        .fails("invalid_request")
        .names("from_step");
}

#[tokio::test]
async fn a_definition_that_is_changed_meanwhile_is_not_the_runs() {
    let account = Account::new().await;
    let steps = |value: &str| json!([{"type": "wait", "event": "go"}, {"type": "transform", "value": value}]);
    let workflow = make(&account, steps("old")).await;
    let run = start(&account, &workflow, json!({})).await;
    when(&account, &run, &["waiting"]).await;
    let change = json!({"name": "Changed", "steps": steps("new")});
    account
        .client
        .put(&format!("/v1/workflows/{workflow}"), &change)
        .await
        .ok();
    account
        .client
        .delete(&format!("/v1/workflows/{workflow}"))
        .await
        .ok();
    let path = format!("/v1/runs/{run}/events");
    account
        .client
        .post(&path, &json!({"name": "go"}))
        .await
        .succeeds(202);
    assert_eq!(ended(&account, &run).await["result"], "old");
}

#[tokio::test]
async fn runs_are_listed_the_newest_first_and_filtered() {
    let account = Account::new().await;
    let one = make_of(
        &account,
        json!({"id": "one", "name": "x", "steps": [{"type": "transform", "value": 1}]}),
    )
    .await;
    let two = make_of(
        &account,
        json!({"id": "two", "name": "x", "steps": [{"type": "wait", "event": "never"}]}),
    )
    .await;
    let mut runs = vec![];
    for workflow in [&one, &two, &one] {
        runs.push(start(&account, workflow, json!({})).await);
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    ended(&account, &runs[0]).await;
    ended(&account, &runs[2]).await;
    when(&account, &runs[1], &["waiting"]).await;
    let ids = async |query: &str| {
        let list = account.client.get(query).await.ok();
        let data = list["data"].as_array().unwrap().clone();
        let ids = data
            .iter()
            .map(|run| run["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let newest = [&*runs[2], &*runs[1], &*runs[0]];
    assert_eq!(ids("/v1/runs").await, newest);
    assert_eq!(ids("/v1/runs?status=waiting").await, [&*runs[1]]);
    assert_eq!(ids("/v1/runs?workflow=one").await, [&*runs[2], &*runs[0]]);
    assert_eq!(ids("/v1/workflows/two/runs").await, [&*runs[1]]);
    assert_eq!(ids("/v1/runs?limit=2").await, newest[..2]);
    assert_eq!(
        ids(&format!("/v1/runs?after={}", runs[1])).await,
        newest[2..]
    );
    account
        .client
        .get("/v1/runs?status=odd")
        .await
        .fails("invalid_request")
        .names("status");
}

#[tokio::test]
async fn a_free_account_has_ten_runs_at_once() {
    let account = Account::of_tier("free").await;
    let workflow = make(&account, json!([{"type": "wait", "event": "never"}])).await;
    let mut first = None;
    for _ in 0..10 {
        first = Some(start(&account, &workflow, json!({})).await);
    }
    let path = format!("/v1/workflows/{workflow}/runs");
    account
        .client
        .post(&path, &json!({}))
        .await
        .fails("rate_limit_exceeded");
    cancel(&account, &first.unwrap()).await;
    start(&account, &workflow, json!({})).await;
}
