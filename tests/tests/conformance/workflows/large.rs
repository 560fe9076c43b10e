//! Values that are too large for a run's log.

use super::{ended, make, start, step, when};
use openclaw_conformance::harness::Account;
use serde_json::{Value, json};

/// As many bytes as a value may have, as JSON.
const LARGEST: usize = 256 * 1024;

fn text(bytes: usize) -> String {
    "é".repeat(bytes / 2)
}

#[tokio::test]
async fn they_are_handed_on_shown_and_taken_over() {
    let account = Account::new().await;
    let steps = json!([
        {"id": "all", "type": "foreach", "items": "{{ parameters.items }}", "steps": [
            {"id": "one", "type": "transform", "value": "{{ item.text }}{{ parameters.mark }}"},
        ]},
        {"id": "told", "type": "wait", "event": "go"},
        {"id": "both", "type": "condition", "if": true, "then": [
            {"id": "copy", "type": "transform", "value": "{{ steps.told.result }}"},
        ]},
        {"id": "end", "type": "transform", "value": {
            "text": "{{ steps.both.result }}", "lengths": ["{{ steps.all.result[0] | length }}", "{{ steps.all.result[1] | length }}"]}},
    ]);
    let workflow = make(&account, steps).await;
    let items = json!([{"text": text(60_000)}, {"text": text(30_000)}]);
    let parameters = json!({"items": items, "mark": "!", "rest": text(100_000)});
    let run = start(&account, &workflow, parameters.clone()).await;
    when(&account, &run, &["waiting"]).await;
    // Its JSON has two marks more.
    let said = text(LARGEST - 1000);
    let path = format!("/v1/runs/{run}/events");
    let event = json!({"name": "go", "data": said});
    account.client.post(&path, &event).await.succeeds(202);
    let ended_run = ended(&account, &run).await;
    let expected = json!({"text": said, "lengths": [30_001, 15_001]});
    assert_eq!(ended_run["status"], "completed", "{}", ended_run["error"]);
    assert!(ended_run["result"] == expected, "another result");
    assert!(ended_run["parameters"] == parameters, "other parameters");
    assert_eq!(
        step(&ended_run, "all")["input"]["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // Together they are too much to be shown: each is by itself.
    let outputs = ["all", "one[0]", "told", "both", "copy", "end"].map(|id| step(&ended_run, id));
    let shown = outputs.iter().filter(|step| step["output_bytes"].is_null());
    let bytes: usize = shown.map(|step| step["output"].to_string().len()).sum();
    assert!(bytes <= 1024 * 1024, "{bytes}");
    assert!(
        outputs.iter().any(|step| !step["output_bytes"].is_null()),
        "all are shown"
    );
    for (id, output) in [
        ("copy", json!(said)),
        ("one[1]", json!(format!("{}!", text(30_000)))),
    ] {
        let path = format!("/v1/runs/{run}/steps/{id}");
        let step = account.client.get(&path).await.ok();
        assert!(step["output"] == output, "{id}: another output");
    }
    let again = format!("/v1/runs/{run}/rerun");
    let again = account
        .client
        .post(&again, &json!({"from_step": "end"}))
        .await;
    let again = ended(&account, again.succeeds(202)["id"].as_str().unwrap()).await;
    assert!(
        again["result"] == expected,
        "{}: another result",
        again["error"]
    );
}

#[tokio::test]
async fn who_watches_is_told_the_result_whole_and_of_others_how_large_they_are() {
    let account = Account::new().await;
    let steps = json!([{"id": "made", "type": "transform", "value": "{{ parameters.text }}"}]);
    let workflow = make(&account, steps).await;
    let said = text(20_000);
    let run = start(&account, &workflow, json!({"text": said})).await;
    ended(&account, &run).await;
    let events = super::watch::events(&account, &run, None).await;
    let of = |kind: &str| -> &Value {
        let mut events = events.iter().map(|(_, data)| data);
        events.find(|data| data["type"] == kind).expect(kind)
    };
    assert_eq!(of("step_completed")["result_bytes"], 20_002);
    assert!(of("run_completed")["result"] == said, "another result");
}

#[tokio::test]
async fn branches_whose_results_are_too_large_together_fail() {
    let account = Account::new().await;
    let make_one =
        |id: &str| json!([{"id": id, "type": "transform", "value": "{{ parameters.text }}"}]);
    let steps =
        json!([{"type": "parallel", "branches": [make_one("a"), make_one("b"), make_one("c")]}]);
    let workflow = make(&account, steps).await;
    let run = start(&account, &workflow, json!({"text": text(100_000)})).await;
    let run = ended(&account, &run).await;
    assert_eq!(
        run["error"]["code"], "payload_too_large",
        "{}",
        run["error"]
    );
}
