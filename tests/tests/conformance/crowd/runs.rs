//! Runs of workflows.

use crate::{
    own_server::account,
    workflows::{ended, make, make_of, site, start},
};
use openclaw_conformance::{
    harness::{Account, Options, Server, Target},
    upstream::Script,
};
use serde_json::json;

/// Those of an account's runs that stand so.
async fn count(account: &Account, status: &str) -> usize {
    let (mut count, mut after) = (0, String::new());
    loop {
        let path = format!("/v1/runs?status={status}&limit=100{after}");
        let page = account.client.get(&path).await.ok();
        let runs = page["data"].as_array().expect("a list");
        count += runs.len();
        let last = runs.last().filter(|_| page["has_more"] == true);
        let Some(last) = last.and_then(|run| run["id"].as_str()) else {
            return count;
        };
        after = format!("&after={last}");
    }
}

/// Starts so many runs, some at a time.
async fn start_many(account: &Account, workflow: &str, runs: usize) -> Vec<String> {
    let mut ids = vec![];
    for at_once in (0..runs).collect::<Vec<_>>().chunks(25) {
        let started = at_once
            .iter()
            .map(|n| start(account, workflow, json!({"n": n})));
        ids.extend(futures_util::future::join_all(started).await);
    }
    ids
}

#[tokio::test]
async fn two_hundred_runs_at_once_all_complete() {
    let options = Options {
        // On Lambda each run that is worked on is a process: this machine has room for some.
        copies: Some(8),
        ..Options::default()
    };
    let server = Server::start("two-hundred", options)
        .await
        .expect("it starts");
    let account = account(&server).await;
    let steps = json!([
        {"id": "w", "type": "wait", "seconds": 0.2},
        {"id": "ask", "type": "http", "url": site("echo?n={{ parameters.n }}")},
        {"type": "transform", "value": "{{ steps.ask.result.body.query.n | int }}"},
    ]);
    let workflow = make(&account, steps).await;
    let runs = start_many(&account, &workflow, 200).await;
    for (n, run) in runs.iter().enumerate() {
        let run = ended(&account, run).await;
        assert_eq!(run["result"], n, "{run:#}");
    }
    assert_eq!(count(&account, "completed").await, 200);
}

#[tokio::test]
async fn a_thousand_runs_of_one_account_do_not_hold_up_anothers() {
    let reason = "a thousand functions, or requests to one machine's workerd, are this machine's limit, not the platform's";
    if !Target::Native.is_chosen_or_skips(reason) {
        return;
    }
    let (busy, other) = (Account::new().await, Account::new().await);
    let slow = Script {
        head_delay_ms: 5000,
        ..Script::default()
    };
    let ask = json!([{"type": "ai_completion", "model": "gpt-4", "prompt": slow.message()}]);
    let workflow = make(&busy, ask).await;
    start_many(&busy, &workflow, 1000).await;
    let quick = json!([{"type": "http", "url": site("echo")}, {"type": "transform", "value": 1}]);
    let workflow = make_of(&other, json!({"id": "quick", "name": "x", "steps": quick})).await;
    let run = start(&other, &workflow, json!({})).await;
    assert_eq!(ended(&other, &run).await["result"], 1);
    assert!(
        count(&busy, "completed").await < 1000,
        "they were over before"
    );
}
