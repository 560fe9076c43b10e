//! `GET`, `PATCH` and `DELETE` of skills, who may, and what is kept of executions.

use super::{execute, http_skill, install, run, site};
use openclaw_conformance::harness::Account;
use serde_json::{Value, json};

#[tokio::test]
async fn a_disabled_skill_refuses_until_it_is_enabled() {
    let account = Account::new().await;
    install(
        &account,
        &http_skill("off", json!([{"url": site("answer?body=1")}])),
    )
    .await;
    let set = async |status: &str| {
        let change = json!({"status": status});
        account.client.patch("/v1/skills/off", &change).await
    };
    assert_eq!(set("disabled").await.ok()["status"], "disabled");
    execute(&account, "off", "run", json!({}))
        .await
        .fails("conflict");
    let shown = account.client.get("/v1/skills/off").await.ok();
    assert_eq!(shown["status"], "disabled");
    set("active").await.ok();
    assert_eq!(run(&account, "off", json!({})).await, 1);
    set("broken").await.blames("status");
    let nothing = account.client.patch("/v1/skills/off", &json!({})).await;
    nothing.blames("status");
}

#[tokio::test]
async fn a_removed_skill_is_gone() {
    let account = Account::new().await;
    let manifest = http_skill("gone", json!([{"url": site("echo")}]));
    install(&account, &manifest).await;
    let client = &account.client;
    let deleted = client.delete("/v1/skills/gone").await.ok();
    assert_eq!(
        deleted,
        json!({"id": "gone", "object": "skill", "deleted": true})
    );
    client.get("/v1/skills/gone").await.fails("not_found");
    execute(&account, "gone", "run", json!({}))
        .await
        .fails("not_found");
    client.delete("/v1/skills/gone").await.fails("not_found");
    client
        .patch("/v1/skills/gone", &json!({"status": "active"}))
        .await
        .fails("not_found");
    client
        .get("/v1/skills/gone/executions")
        .await
        .fails("not_found");
    install(&account, &manifest).await;
}

#[tokio::test]
async fn skills_of_others_are_not_there() {
    let (ours, theirs) = (Account::new().await, Account::new().await);
    install(
        &ours,
        &http_skill("private", json!([{"url": site("echo")}])),
    )
    .await;
    theirs
        .client
        .get("/v1/skills/private")
        .await
        .fails("not_found");
    execute(&theirs, "private", "run", json!({}))
        .await
        .fails("not_found");
}

#[tokio::test]
async fn a_list_has_pages() {
    let account = Account::new().await;
    for id in ["a", "b", "x"] {
        install(&account, &http_skill(id, json!([{"url": site("echo")}]))).await;
    }
    let ids = async |query: &str| {
        let list = account
            .client
            .get(&format!("/v1/skills?{query}"))
            .await
            .ok();
        let data = list["data"].as_array().unwrap().iter();
        let ids = Vec::from_iter(data.map(|skill| skill["id"].as_str().unwrap().to_owned()));
        (ids.join(" "), list["has_more"] == true)
    };
    assert_eq!(ids("limit=2").await, ("a b".into(), true));
    assert_eq!(
        ids("limit=2&after=b").await,
        ("weather-skill x".into(), false)
    );
    assert_eq!(ids("").await, ("a b weather-skill x".into(), false));
    account
        .client
        .get("/v1/skills?limit=0")
        .await
        .blames("limit");
}

#[tokio::test]
async fn they_need_the_scope() {
    let account = Account::with(json!({"tier": "enterprise"}), json!({"scopes": ["chat"]})).await;
    account.client.get("/v1/skills").await.fails("forbidden");
    let reply = execute(
        &account,
        "weather-skill",
        "get",
        json!({"location": "London"}),
    );
    reply.await.fails("forbidden");
}

#[tokio::test]
async fn executions_are_listed_without_their_content() {
    let account = Account::new().await;
    let steps = json!([{"url": site("answer"), "query": {"status": "{{ parameters.q }}"}}]);
    install(&account, &http_skill("listed", steps)).await;
    run(&account, "listed", json!({"q": "200"})).await;
    execute(&account, "listed", "run", json!({"q": "500"}))
        .await
        .fails("skill_failed");
    // Refused before they began: these are none.
    execute(&account, "listed", "run", json!({"q": 7}))
        .await
        .blames("parameters.q");
    execute(&account, "listed", "walk", json!({}))
        .await
        .blames("command");
    let path = "/v1/skills/listed/executions";
    let reply = account.client.get(path).await;
    let list = reply.ok();
    let [failed, completed] = &list["data"].as_array().unwrap()[..] else {
        panic!("{list}");
    };
    assert_eq!(
        (&failed["status"], &failed["code"]),
        (&json!("failed"), &json!("skill_failed"))
    );
    assert_eq!(
        (&completed["status"], &completed["code"]),
        (&json!("completed"), &Value::Null)
    );
    for execution in [failed, completed] {
        assert_eq!(execution["command"], "run");
        assert!(execution["request"].as_str().unwrap().starts_with("req_"));
        assert!(execution["started_at"].as_str().unwrap().ends_with('Z'));
        assert!(execution["duration_ms"].is_u64(), "{execution}");
    }
    assert!(!reply.text().contains("500"), "{}", reply.text());
    let one = account.client.get(&format!("{path}?limit=1")).await.ok();
    assert_eq!(one["data"], json!([failed]));
    assert_eq!(one["has_more"], true);
}

#[tokio::test]
async fn an_execution_is_a_request() {
    let account = Account::with(json!({"tier": "enterprise", "rate_limit": 3}), json!({})).await;
    let ask = || {
        execute(
            &account,
            "weather-skill",
            "get",
            json!({"location": "London"}),
        )
    };
    openclaw_conformance::harness::minute_with(20).await;
    ask().await.ok();
    execute(&account, "no-such-skill", "get", json!({}))
        .await
        .fails("not_found");
    let third = execute(
        &account,
        "weather-skill",
        "get",
        json!({"location": "Nowhere"}),
    )
    .await;
    third.fails("not_found");
    assert_eq!(third.header("x-ratelimit-remaining"), Some("0"));
    ask().await.fails("rate_limit_exceeded");
}

#[tokio::test]
async fn executions_are_in_the_usage_and_belong_to_no_model() {
    let account = Account::new().await;
    let get = |location: &str| {
        execute(
            &account,
            "weather-skill",
            "get",
            json!({"location": location}),
        )
    };
    get("London").await.ok();
    get("Error").await.fails("skill_failed");
    let usage = account.usage(2).await;
    assert_eq!(usage["total_requests"], 2, "{usage}");
    assert_eq!(usage["errors"], 1, "{usage}");
    assert_eq!(usage["total_tokens"], 0, "{usage}");
    assert_eq!(usage["by_model"], json!([]), "{usage}");
    assert_eq!(usage["by_key"][0]["requests"], 2, "{usage}");
}
