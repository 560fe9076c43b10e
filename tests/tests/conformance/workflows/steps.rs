//! What steps do.

use super::{ended, make, make_of, result, says, site, start, step};
use openclaw_conformance::harness::{Account, Mock, tag};
use serde_json::{Value, json};

#[tokio::test]
async fn the_daily_brief_runs_in_three_steps() {
    let account = Account::new().await;
    let run = start(&account, "daily-brief", json!({"date": "2026-02-28"})).await;
    let run = ended(&account, &run).await;
    assert_eq!(run["status"], "completed", "{run:#}");
    let summary = run["result"]["summary"].as_str().expect("a summary");
    assert!(!summary.is_empty());
    assert_eq!(
        (&run["total_steps"], run["steps"].as_array().unwrap().len()),
        (&json!(3), 3)
    );
    for step in run["steps"].as_array().unwrap() {
        assert_eq!(
            (&step["status"], &step["attempts"]),
            (&json!("completed"), &json!(1))
        );
        assert!(
            step["started_at"].is_string() && step["ended_at"].is_string(),
            "{step}"
        );
    }
}

#[tokio::test]
async fn steps_hand_their_results_on() {
    let account = Account::new().await;
    let workflow = make_of(
        &account,
        json!({
            "name": "All kinds",
            "steps": [
                {"id": "ask", "type": "ai_completion", "model": "gpt-4", "prompt": says("forty-two")},
                {"id": "json", "type": "ai_completion", "model": "gpt-4", "prompt": says("{\"n\": 7}"),
                    "response_format": {"type": "json_object"}},
                {"id": "weather", "type": "skill", "skill": "weather-skill", "command": "get",
                    "parameters": {"location": "{{ parameters.place }}"}},
                {"id": "post", "type": "http", "method": "POST", "url": site("echo?a={{ parameters.place }}"),
                    "headers": {"x-n": "{{ steps.json.result.n }}"}, "body": {"said": "{{ steps.ask.result }}"}},
                {"id": "made", "type": "transform", "value": {"sum": "{{ steps.json.result.n + 35 }}",
                    "said": "{{ steps.post.result.body.body.said }}", "text": "<{{ steps.ask.result }}>"}},
            ],
            "result": {
                "made": "{{ steps.made.result }}",
                "place": "{{ steps.weather.result.location }}",
                "header": "{{ steps.post.result.body.headers['x-n'] }}",
                "key": "{{ steps.post.result.body.headers['idempotency-key'] }}",
                "query": "{{ steps.post.result.body.query.a }}",
            },
        }),
    );
    let run = start(&account, &workflow.await, json!({"place": "London"})).await;
    let shown = ended(&account, &run).await;
    assert_eq!(shown["status"], "completed", "{shown:#}");
    let made = json!({"sum": 42, "said": "forty-two", "text": "<forty-two>"});
    assert_eq!(shown["result"]["made"], made);
    assert_eq!(shown["result"]["place"], "London");
    assert_eq!(shown["result"]["header"], "7");
    assert_eq!(shown["result"]["key"], format!("{run}:post"));
    assert_eq!(shown["result"]["query"], "London");
    assert_eq!(step(&shown, "ask")["input"]["model"], "gpt-4");
    let path = format!("/v1/runs/{run}/steps/made");
    assert_eq!(account.client.get(&path).await.ok()["output"], made);
}

#[tokio::test]
async fn one_of_two_lists_is_done() {
    let account = Account::new().await;
    let steps = json!([
        {"id": "c", "type": "condition", "if": "{{ parameters.n > 3 }}",
            "then": [{"id": "large", "type": "transform", "value": "large"}],
            "else": [{"id": "small", "type": "transform", "value": "small"}]},
        {"type": "transform", "value": ["{{ steps.c.result }}", "{{ steps.large.status }}", "{{ steps.small.status }}"]},
    ]);
    let workflow = make(&account, steps).await;
    for (n, expected) in [
        (5, json!(["large", "completed", "skipped"])),
        (1, json!(["small", "skipped", "completed"])),
    ] {
        let run = start(&account, &workflow, json!({"n": n})).await;
        assert_eq!(ended(&account, &run).await["result"], expected);
    }
}

#[tokio::test]
async fn branches_and_items_run_side_by_side_and_in_order() {
    let account = Account::new().await;
    let tag = tag("items");
    let url = site("echo?tag=");
    let steps = json!([
        {"id": "both", "type": "parallel", "branches": [
            [{"id": "a", "type": "wait", "seconds": 0.3}, {"id": "b", "type": "transform", "value": "slow"}],
            [{"id": "d", "type": "transform", "value": "fast"}],
        ]},
        {"id": "all", "type": "foreach", "items": "{{ range(5) | list }}", "concurrency": 2, "steps": [
            {"id": "ask", "type": "http", "url": format!("{url}{tag}&n={{{{ item }}}}")},
            {"id": "pair", "type": "transform", "value": ["{{ index }}", "{{ steps.ask.result.body.query.n }}"]},
        ]},
        {"type": "transform", "value": {"both": "{{ steps.both.result }}", "all": "{{ steps.all.result }}"}},
    ]);
    let made = result(&account, steps, json!({})).await;
    assert_eq!(made["both"], json!(["slow", "fast"]));
    let pairs: Vec<_> = (0..5).map(|n| json!([n, n.to_string()])).collect();
    assert_eq!(made["all"], json!(pairs));
    let report = Mock::get().report(&tag).await;
    assert_eq!(report.requests, 5);
}

#[tokio::test]
async fn a_foreach_goes_over_hundreds() {
    let account = Account::new().await;
    let steps = json!([
        {"id": "all", "type": "foreach", "items": "{{ range(500) | list }}", "concurrency": 50, "steps": [
            {"id": "twice", "type": "transform", "value": "{{ item * 2 }}"},
        ]},
        {"type": "transform", "value": ["{{ steps.all.result | length }}", "{{ steps.all.result | sum }}"]},
    ]);
    assert_eq!(
        result(&account, steps, json!({})).await,
        json!([500, 249_500])
    );
}

#[tokio::test]
async fn a_run_executes_so_many_steps_and_no_more() {
    let account = Account::new().await;
    let steps = json!([
        {"type": "foreach", "items": "{{ range(1000) | list }}", "steps": [
            {"id": "x", "type": "transform", "value": 1},
        ]},
    ]);
    let workflow = make(&account, steps).await;
    let run = ended(&account, &start(&account, &workflow, json!({})).await).await;
    assert_eq!(run["status"], "failed");
    assert!(
        run["error"]["message"].as_str().unwrap().contains("1000"),
        "{}",
        run["error"]
    );
}

#[tokio::test]
async fn a_result_of_256_kib_is_handed_on_and_a_larger_one_is_refused() {
    let account = Account::new().await;
    let make_text = |bytes: usize| {
        json!([
            {"id": "large", "type": "http", "url": site(&format!("answer?type=text/plain&bytes={bytes}"))},
            {"type": "transform", "value": "{{ steps.large.result.body | length }}"},
        ])
    };
    assert_eq!(
        result(&account, make_text(261_000), json!({})).await,
        261_000
    );
    let workflow = make_of(
        &account,
        json!({"id": "too-large", "name": "x", "steps": make_text(263_000)}),
    );
    let run = start(&account, &workflow.await, json!({})).await;
    let run = ended(&account, &run).await;
    assert_eq!(run["error"]["code"], "payload_too_large", "{run:#}");
}

#[tokio::test]
async fn what_fails_is_tried_again_passed_over_or_jumped_from() {
    let account = Account::new().await;
    let tag = tag("retries");
    let failing = site(&format!("answer?status=503&body=busy&tag={tag}"));
    let steps = json!([
        {"id": "a", "type": "http", "url": failing, "retry": {"attempts": 3, "backoff_seconds": 0.05}, "on_error": "continue"},
        {"id": "b", "type": "http", "url": site("answer?status=404"), "retry": {"attempts": 3}, "on_error": {"goto": "d"}},
        {"id": "c", "type": "transform", "value": "not done"},
        {"id": "d", "type": "transform", "value": {
            "a": "{{ steps.a.error.code }}", "message": "{{ steps.a.error.message }}",
            "b": "{{ steps.b.status }}", "c": "{{ steps.c.status }}"}},
    ]);
    let workflow = make(&account, steps).await;
    let run = ended(&account, &start(&account, &workflow, json!({})).await).await;
    let expected = json!({"a": "provider_error", "message": "The answer is 503: busy", "b": "failed", "c": "skipped"});
    assert_eq!(run["result"], expected, "{run:#}");
    assert_eq!(step(&run, "a")["attempts"], 3);
    // Another attempt would not mend it.
    assert_eq!(step(&run, "b")["attempts"], 1);
    assert_eq!(step(&run, "c")["status"], "pending");
    assert_eq!(Mock::get().report(&tag).await.requests, 3);
}

#[tokio::test]
async fn a_step_that_takes_too_long_and_one_that_fails_end_the_run() {
    let account = Account::new().await;
    let stalling = json!([{"id": "s", "type": "http", "url": site("answer?body=x&stall=1"), "timeout_seconds": 1}]);
    let stalling = make_of(
        &account,
        json!({"id": "stalls", "name": "x", "steps": stalling}),
    )
    .await;
    let run = ended(&account, &start(&account, &stalling, json!({})).await).await;
    assert_eq!(
        (&run["status"], &run["error"]["code"]),
        (&json!("failed"), &json!("timeout"))
    );
    let private = json!([{"type": "http", "url": "https://169.254.169.254/latest"}]);
    let private = make_of(
        &account,
        json!({"id": "private", "name": "x", "steps": private}),
    )
    .await;
    let run = ended(&account, &start(&account, &private, json!({})).await).await;
    assert_eq!(run["error"]["code"], "invalid_request", "{run:#}");
    let branch = json!([
        {"id": "p", "type": "parallel", "branches": [
            [{"id": "slow", "type": "http", "url": site("answer?body=x&stall=1")}],
            [{"id": "wrong", "type": "transform", "value": "{{ parameters.nothing }}"}],
        ], "on_error": "continue"},
        {"type": "transform", "value": "{{ steps.p.error.code }}"},
    ]);
    let branch = make_of(
        &account,
        json!({"id": "branch", "name": "x", "steps": branch}),
    )
    .await;
    let run = ended(&account, &start(&account, &branch, json!({})).await).await;
    assert_eq!(run["result"], "invalid_request", "{run:#}");
    assert_eq!(step(&run, "slow")["status"], "cancelled");
}

#[tokio::test]
async fn model_calls_and_skills_are_accounted_to_the_key_that_started_the_run() {
    let account = Account::admin().await;
    let steps = json!([
        {"type": "ai_completion", "model": "gpt-4", "prompt": says("one")},
        {"type": "skill", "skill": "weather-skill", "command": "get", "parameters": {"location": "London"}},
    ]);
    let workflow = make(&account, steps).await;
    let run = start(&account, &workflow, json!({})).await;
    assert_eq!(ended(&account, &run).await["status"], "completed");
    let usage = account.usage(2).await;
    assert_eq!(usage["total_requests"], 2, "{usage}");
    let path = format!("/v1/analytics/requests?run={run}");
    let requests = account.client.get(&path).await.ok();
    let requests = requests["data"].as_array().expect("a list");
    let mut endpoints: Vec<_> = requests
        .iter()
        .map(|it| (&it["run"], &it["endpoint"], &it["key"]))
        .collect();
    endpoints.sort_by_key(|(_, endpoint, _)| endpoint.to_string());
    let (run, key) = (json!(run), json!(account.key.id));
    assert_eq!(
        endpoints,
        [(&run, &json!("chat"), &key), (&run, &json!("skills"), &key)]
    );
    let others = account
        .client
        .get("/v1/analytics/requests?run=run_other")
        .await
        .ok();
    assert_eq!(others["data"], json!([]));
}

#[tokio::test]
async fn once_the_key_is_revoked_the_next_step_fails() {
    let account = Account::new().await;
    let key = account.another_key(json!({})).await;
    let starter = account.client_with(&key.secret);
    let steps = json!([
        {"id": "w", "type": "wait", "event": "go"},
        {"id": "ask", "type": "ai_completion", "model": "gpt-4", "prompt": says("one")},
    ]);
    let workflow = make(&account, steps).await;
    let path = format!("/v1/workflows/{workflow}/runs");
    let run: Value = starter.post(&path, &json!({})).await.succeeds(202);
    let run = run["id"].as_str().unwrap();
    super::when(&account, run, &["waiting"]).await;
    revoke(&account, &key.id).await;
    let path = format!("/v1/runs/{run}/events");
    let event = account.client.post(&path, &json!({"name": "go"})).await;
    event.succeeds(202);
    let run = ended(&account, run).await;
    assert_eq!(
        (&run["status"], &run["error"]["code"]),
        (&json!("failed"), &json!("forbidden"))
    );
    assert_eq!(step(&run, "ask")["error"]["code"], "forbidden");
}

async fn revoke(account: &Account, key: &str) {
    let admin = account.another_key(json!({"scopes": ["admin"]})).await;
    let client = account.client_with(&admin.secret);
    client.delete(&format!("/v1/keys/{key}")).await.ok();
}
