//! Steps that wait.

use super::{ended, make, result, start, step, when};
use openclaw_conformance::harness::Account;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_event_ends_a_wait_and_its_data_is_the_result() {
    let account = Account::new().await;
    let steps = json!([
        {"id": "approval", "type": "wait", "event": "approved"},
        {"type": "transform", "value": "by {{ steps.approval.result.by }}"},
    ]);
    let workflow = make(&account, steps).await;
    let run = start(&account, &workflow, json!({})).await;
    let waiting = when(&account, &run, &["waiting"]).await;
    assert_eq!(step(&waiting, "approval")["event"], "approved");
    let path = format!("/v1/runs/{run}/events");
    let other = json!({"name": "other"});
    account.client.post(&path, &other).await.succeeds(202);
    tokio::time::sleep(Duration::from_millis(200)).await;
    when(&account, &run, &["waiting"]).await;
    let event = json!({"name": "approved", "data": {"by": "Ada"}});
    account.client.post(&path, &event).await.succeeds(202);
    assert_eq!(ended(&account, &run).await["result"], "by Ada");
    account.client.post(&path, &event).await.fails("conflict");
    let wrong = json!({"name": "a b"});
    account
        .client
        .post(&path, &wrong)
        .await
        .fails("invalid_request")
        .names("name");
}

#[tokio::test]
async fn an_event_may_come_before_it_is_waited_for() {
    let account = Account::new().await;
    let steps = json!([
        {"type": "wait", "event": "first"},
        {"id": "second", "type": "wait", "event": "second"},
    ]);
    let workflow = make(&account, steps).await;
    let run = start(&account, &workflow, json!({})).await;
    let path = format!("/v1/runs/{run}/events");
    for name in ["second", "first"] {
        let event = json!({"name": name, "data": name});
        account.client.post(&path, &event).await.succeeds(202);
    }
    assert_eq!(ended(&account, &run).await["result"], "second");
}

#[tokio::test]
async fn an_event_that_does_not_come_in_time_is_an_error() {
    let account = Account::new().await;
    let steps = json!([
        {"id": "w", "type": "wait", "event": "never", "timeout_seconds": 1, "on_error": "continue"},
        {"type": "transform", "value": "{{ steps.w.error.code }}"},
    ]);
    assert_eq!(result(&account, steps, json!({})).await, "timeout");
}

#[tokio::test]
async fn seconds_and_times_are_waited_for() {
    let account = Account::new().await;
    let steps = json!([
        {"id": "short", "type": "wait", "seconds": "{{ parameters.seconds }}"},
        {"id": "past", "type": "wait", "until": "2026-01-01T00:00:00Z"},
        {"id": "long", "type": "wait", "seconds": 4},
        {"type": "transform", "value": "done"},
    ]);
    let workflow = make(&account, steps).await;
    let began = std::time::Instant::now();
    let run = start(&account, &workflow, json!({"seconds": 0.5})).await;
    when(&account, &run, &["waiting"]).await;
    let run = ended(&account, &run).await;
    assert_eq!(run["result"], "done", "{run:#}");
    assert!(
        began.elapsed() >= Duration::from_millis(4500),
        "{:?}",
        began.elapsed()
    );
}
