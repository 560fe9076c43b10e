//! `GET /analytics/requests` and `GET /analytics/requests/{id}`.

use openclaw_conformance::{
    harness::{Account, Mock, chat, tag},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};

const PATH: &str = "/v1/analytics/requests";

fn answering(text: &str) -> Script {
    Script {
        text: Some(text.into()),
        usage: Some(Usage {
            prompt_tokens: 10,
            completion_tokens: 5,
        }),
        ..Script::default()
    }
}

async fn page(account: &Account, query: &str) -> Value {
    account.client.get(&format!("{PATH}{query}")).await.ok()
}

fn ids(page: &Value) -> Vec<String> {
    let requests = page["data"].as_array().expect("requests").iter();
    requests
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_request_is_listed_with_everything_but_its_content() {
    let account = Account::new().await;
    let mut body = chat("gpt-4", &answering("a secret answer"));
    body["user"] = "ann".into();
    body["metadata"] = json!({"team": "red"});
    let reply = account.client.chat(&body).await;
    let id = reply.header("x-request-id").expect("an id").to_owned();
    let usage = reply.ok()["usage"].clone();
    account.usage(1).await;

    let list = page(&account, "").await;
    assert_eq!(
        (&list["object"], &list["has_more"]),
        (&json!("list"), &json!(false))
    );
    assert_eq!(list["kept_days"], 30);
    let [row] = list["data"].as_array().unwrap().as_slice() else {
        panic!("one request: {list}");
    };
    for (field, value) in [
        ("id", json!(id)),
        ("key", json!(account.key.id)),
        ("endpoint", json!("chat")),
        ("model", json!("gpt-4")),
        ("status", json!("completed")),
        ("http_status", json!(200)),
        ("stream", json!(false)),
        ("retries", json!(0)),
        ("prompt_tokens", json!(10)),
        ("completion_tokens", json!(5)),
        ("user", json!("ann")),
        ("metadata", json!({"team": "red"})),
        ("first_token_ms", Value::Null),
        ("cost", usage["cost"].clone()),
    ] {
        assert_eq!(row[field], value, "{field}: {row}");
    }
    assert!(!list.to_string().contains("secret answer"));

    let detail = page(&account, &format!("/{id}")).await;
    assert_eq!(detail["attempts"].as_array().unwrap().len(), 1, "{detail}");
    assert_eq!(detail["attempts"][0]["status"], 200);
    // 10 tokens at 30,000 nano-dollars, 5 at 60,000.
    assert_eq!(
        detail["cost_by_class"],
        json!({"prompt": 0.0003, "completion": 0.0003})
    );
    let missing = account.client.get(&format!("{PATH}/req_none")).await;
    missing.fails("not_found");
    Account::new()
        .await
        .client
        .get(&format!("{PATH}/{id}"))
        .await
        .fails("not_found");
}

#[tokio::test]
async fn failures_and_streams_are_found_by_the_filters() {
    let account = Account::new().await;
    let failing = Script {
        status: Some(422),
        ..Script::default()
    };
    let failed = account.client.chat(&chat("gpt-4", &failing)).await;
    failed.fails("invalid_request");
    let body = chat("claude-3", &answering("one two three"));
    account.client.stream_seed(&body).await.events();
    account.usage(2).await;

    let failed = page(&account, "?status=failed").await;
    assert_eq!(ids(&failed).len(), 1, "{failed}");
    let row = &failed["data"][0];
    assert_eq!(
        (&row["code"], &row["http_status"]),
        (&json!("invalid_request"), &json!(400))
    );
    let id = row["id"].as_str().unwrap();
    let detail = page(&account, &format!("/{id}")).await;
    assert_eq!(detail["attempts"][0]["status"], 422, "{detail}");
    assert_eq!(detail["attempts"][0]["code"], "invalid_request", "{detail}");
    for query in [
        "?code=invalid_request",
        "?status=400",
        &format!("?request_id={id}"),
    ] {
        assert_eq!(ids(&page(&account, query).await), [id], "{query}");
    }
    let streamed = page(&account, "?model=claude-3&endpoint=chat&status=completed").await;
    let [row] = streamed["data"].as_array().unwrap().as_slice() else {
        panic!("one: {streamed}");
    };
    assert_eq!(row["stream"], true);
    assert!(
        row["first_token_ms"].as_u64() <= row["duration_ms"].as_u64(),
        "{row}"
    );
    let usage = account.usage(2).await;
    assert_eq!(usage["errors_by_code"], json!({"invalid_request": 1}));
    assert_eq!(usage["streamed"], 1);
    for (query, field) in [
        ("?status=fine", "status"),
        ("?limit=0", "limit"),
        ("?after=x", "after"),
        ("?start=now", "start"),
    ] {
        account
            .client
            .get(&format!("{PATH}{query}"))
            .await
            .blames(field);
    }
}

#[tokio::test]
async fn a_trace_goes_on_at_the_provider_and_stands_in_the_log() {
    let account = Account::new().await;
    let tag = tag("trace");
    let script = Script {
        tag: tag.clone(),
        ..answering("x")
    };
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let request = account.client.request("POST", "/v1/chat/completions");
    let request = request
        .header("traceparent", &parent)
        .header("tracestate", "vendor=1");
    let request = request.json(&chat("gpt-4", &script));
    account.client.send(request).await.ok();
    account.usage(1).await;
    let seen = Mock::get().report(&tag).await.seen.remove(0);
    let sent = seen.headers["traceparent"].as_str();
    assert!(
        sent.starts_with(&format!("00-{trace}-")) && sent.ends_with("-01"),
        "{sent}"
    );
    assert_ne!(sent, parent, "a span of its own");
    assert_eq!(seen.headers["tracestate"], "vendor=1");
    let list = page(&account, "").await;
    assert_eq!(list["data"][0]["trace_id"], trace, "{list}");
}

#[tokio::test]
async fn pages_are_the_newest_first_and_leave_nothing_out() {
    let account = Account::new().await;
    let mut made = vec![];
    for _ in 0..5 {
        let reply = account.client.chat(&chat("gpt-4", &answering("x"))).await;
        made.insert(0, reply.header("x-request-id").unwrap().to_owned());
        reply.ok();
    }
    account.usage(5).await;
    let (mut found, mut query) = (vec![], "?limit=2".to_owned());
    loop {
        let page = page(&account, &query).await;
        found.extend(ids(&page));
        if page["has_more"] == false {
            break;
        }
        query = format!("?limit=2&after={}", page["last_id"].as_str().unwrap());
    }
    assert_eq!(found, made);
}

#[tokio::test]
async fn the_log_is_there_as_csv() {
    let account = Account::new().await;
    let mut body = chat("gpt-4", &answering("x"));
    body["user"] = "=1+1".into();
    account.client.chat(&body).await.ok();
    account.usage(1).await;
    let request = account
        .client
        .request("GET", PATH)
        .header("accept", "text/csv");
    let reply = account.client.send(request).await;
    assert_eq!(
        reply.header("content-type"),
        Some("text/csv; charset=utf-8")
    );
    let text = reply.text();
    let mut lines = text.lines();
    assert!(
        lines.next().unwrap().starts_with("id,created_at,key,"),
        "{text}"
    );
    let row = lines.next().unwrap();
    assert!(row.contains(",gpt-4,") && row.contains(",'=1+1,"), "{text}");
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn usage_has_groups_intervals_and_the_period_before() {
    let account = Account::new().await;
    let mut body = chat("gpt-4", &answering("x"));
    body["user"] = "ann".into();
    body["metadata"] = json!({"team": "red", "env": "test"});
    account.client.chat(&body).await.ok();
    account
        .client
        .chat(&chat("gpt-4", &answering("y")))
        .await
        .ok();
    account.usage(2).await;
    let usage = async |query: &str| {
        let path = format!("/v1/analytics/usage?period=24h&{query}");
        account.client.get(&path).await.ok()
    };
    for (by, name, requests) in [
        ("model", "gpt-4", 2),
        ("key", &*account.key.id, 2),
        ("endpoint", "chat", 2),
        ("user", "ann", 1),
        ("tag", "env:test", 1),
    ] {
        let report = usage(&format!("group_by={by}&interval=hour")).await;
        let groups = report["groups"].as_array().unwrap();
        let group = groups.iter().find(|group| group[by] == *name);
        assert_eq!(group.expect(by)["requests"], requests, "{report}");
        let intervals = report["intervals"].as_array().unwrap();
        let counted: u64 = intervals
            .iter()
            .map(|one| one["requests"].as_u64().unwrap())
            .sum();
        assert_eq!(counted, 2, "{report}");
    }
    let report = usage("group_by=provider").await;
    assert_eq!(report["groups"].as_array().unwrap().len(), 1);
    assert_eq!(report["previous"]["total_requests"], 0);
    assert_eq!(report["kept"], json!({"request_days": 30, "sum_days": 396}));
    assert!(report["latency"]["duration_ms"]["p95"].is_u64(), "{report}");
    assert_eq!(
        report["by_day"][0]["by_model"][0]["requests"], 2,
        "{report}"
    );
    let path = "/v1/analytics/usage?group_by=colour";
    account.client.get(path).await.blames("group_by");
    let path = "/v1/analytics/usage?period=90d&interval=hour";
    account.client.get(path).await.blames("interval");
}

#[tokio::test]
async fn metadata_that_is_too_much_is_refused() {
    let account = Account::new().await;
    let mut body = chat("gpt-4", &answering("x"));
    body["metadata"] = json!({"note": "x".repeat(600)});
    account.client.chat(&body).await.blames("metadata");
}
