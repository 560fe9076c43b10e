//! `POST /skills` and `PUT /skills/{id}`.

use super::{http_skill, install, run, site};
use openclaw_conformance::harness::{Account, Reply};
use serde_json::{Value, json};

fn faults(reply: &Reply) -> Vec<String> {
    let failure = reply.fails("invalid_request");
    let faults = failure.details["faults"].as_array();
    let faults = faults.unwrap_or_else(|| panic!("{failure:?}"));
    let fields = faults.iter().map(|fault| {
        assert!(
            fault["issue"]
                .as_str()
                .is_some_and(|issue| !issue.is_empty())
        );
        fault["field"].as_str().unwrap().to_owned()
    });
    let fields = Vec::from_iter(fields);
    failure.names(&fields[0]);
    fields
}

#[tokio::test]
async fn a_manifest_becomes_a_skill() {
    let account = Account::new().await;
    let manifest = http_skill("echo", json!([{"url": site("echo")}]));
    let made = install(&account, &manifest).await;
    assert_eq!(made["id"], "echo");
    assert_eq!(made["object"], "skill");
    assert_eq!(made["status"], "active");
    assert_eq!(made["builtin"], false);
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    let shown = account.client.get("/v1/skills/echo").await.ok();
    assert_eq!(shown, made);
    let command = &shown["commands"]["run"];
    assert_eq!(
        command["parameters"],
        manifest["commands"]["run"]["parameters"]
    );
    let list = account.client.get("/v1/skills").await.ok();
    let ids = list["data"].as_array().unwrap().iter();
    let ids = Vec::from_iter(ids.map(|skill| skill["id"].as_str().unwrap()));
    assert_eq!(ids, ["echo", "weather-skill"]);
}

#[tokio::test]
async fn an_id_is_used_once() {
    let account = Account::new().await;
    let manifest = http_skill("once", json!([{"url": site("echo")}]));
    install(&account, &manifest).await;
    let client = &account.client;
    client.post("/v1/skills", &manifest).await.fails("conflict");
    let shipped = http_skill("weather-skill", json!([{"url": site("echo")}]));
    client.post("/v1/skills", &shipped).await.fails("conflict");
    // Another account has names of its own.
    install(&Account::new().await, &manifest).await;
}

#[tokio::test]
async fn every_fault_is_named_at_once() {
    let account = Account::new().await;
    let manifest = json!({
        "id": "Not An Id",
        "version": 3,
        "commands": {
            "a": {"parameters": {"type": "object", "properties": {"x": {"type": "strin"}}},
                "execute": {"type": "http", "steps": []}},
            "b": {"parameters": {"type": "object", "properties": {"x": {"$ref": "https://example.com/s"}}},
                "execute": {"type": "http", "steps": [{"method": "BREW"}], "rsult": 1}},
            "c": {"execute": {"type": "shell", "command": "id"}},
            "d": {"parameters": {"type": "string"}, "execute": {"type": "prompt", "model": "gpt-4"}},
            "e f": {"execute": {"type": "builtin", "name": "time"}},
        },
    });
    let fields = faults(&account.client.post("/v1/skills", &manifest).await);
    for field in [
        "id",
        "name",
        "version",
        "commands.a.parameters.properties.x.type",
        "commands.a.execute.steps",
        "commands.b.parameters.properties.x.$ref",
        "commands.b.execute.steps[0].url",
        "commands.b.execute.steps[0].method",
        "commands.b.execute.rsult",
        "commands.c.execute.type",
        "commands.d.parameters.type",
        "commands.d.execute.prompt",
    ] {
        assert!(
            fields.iter().any(|one| one == field),
            "{field}: {fields:#?}"
        );
    }
    assert!(
        fields.iter().any(|field| field.starts_with("commands")),
        "{fields:?}"
    );
    account.client.get("/v1/skills/a").await.fails("not_found");
}

#[tokio::test]
async fn templates_are_read_when_a_skill_is_installed() {
    let account = Account::new().await;
    let steps = json!([
        {
            "url": "https://example.com/{{ parameters.x }",
            "query": {"a": "{{ paramters.x }}", "b": ["{% for %}"]},
            "headers": {"Host": "example.org", "x-a": "{{ secrets.A | }}"},
            "body": {"c": {"d": "{{ 1 + }}"}},
        },
        {"id": "step_1", "url": "https://example.com/",
            "errors": [{"when": "{{ secrets.A }}", "message": "m"}]},
    ]);
    let mut manifest = http_skill("templates", steps);
    manifest["commands"]["run"]["execute"]["result"] = json!({"x": "{{ secrets.A }}"});
    let fields = faults(&account.client.post("/v1/skills", &manifest).await);
    let at = "commands.run.execute";
    for field in [
        format!("{at}.steps[0].url"),
        format!("{at}.steps[0].query.a"),
        format!("{at}.steps[0].query.b[0]"),
        format!("{at}.steps[0].headers.Host"),
        format!("{at}.steps[0].headers.x-a"),
        format!("{at}.steps[0].body.c.d"),
        format!("{at}.steps[1].id"),
        format!("{at}.steps[1].errors[0].when"),
        format!("{at}.result.x"),
    ] {
        assert!(fields.contains(&field), "{field}: {fields:#?}");
    }
}

#[tokio::test]
async fn schemas_that_would_cost_too_much_are_refused() {
    let account = Account::new().await;
    let mut exploding = json!({"type": "object", "$defs": {"a0": {"type": "string"}}});
    for n in 1..30 {
        let of = format!("#/$defs/a{}", n - 1);
        exploding["$defs"][format!("a{n}")] = json!({"allOf": [{"$ref": of}, {"$ref": of}]});
    }
    exploding["properties"] = json!({"x": {"$ref": "#/$defs/a29"}});
    let recursive = json!({"type": "object", "properties": {"x": {"$ref": "#"}}});
    let backtracking = json!({"type": "object", "properties": {"x": {"pattern": "(?=a)b"}}});
    let huge = json!({"type": "object", "properties": {"x": {"pattern": "(\\w{1000}){1000}"}}});
    for (n, schema) in [exploding, recursive, backtracking, huge]
        .into_iter()
        .enumerate()
    {
        let mut manifest = http_skill("costly", json!([{"url": "https://example.com/"}]));
        manifest["commands"]["run"]["parameters"] = schema;
        let reply = account.client.post("/v1/skills", &manifest).await;
        let fields = faults(&reply);
        let at = "commands.run.parameters";
        assert!(
            fields.iter().all(|field| field.starts_with(at)),
            "{n}: {fields:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_manifest_is_refused() {
    let account = Account::new().await;
    let client = &account.client;
    client
        .post("/v1/skills", &json!([]))
        .await
        .fails("invalid_request");
    let text = client.request("POST", "/v1/skills").body("{}");
    client.send(text).await.fails("unsupported_media_type");
    let mut manifest = http_skill("large", json!([{"url": "https://example.com/"}]));
    manifest["commands"]["run"]["execute"]["result"] = Value::String("x".repeat(140_000));
    client
        .post("/v1/skills", &manifest)
        .await
        .fails("payload_too_large");
}

#[tokio::test]
async fn put_replaces_what_is_there_or_installs() {
    let account = Account::new().await;
    let client = &account.client;
    let manifest = http_skill("put", json!([{"url": site("answer?body=1")}]));
    client.put("/v1/skills/put", &manifest).await.succeeds(201);
    assert_eq!(run(&account, "put", json!({})).await, 1);
    let mut other = http_skill("put", json!([{"url": site("answer?body=2")}]));
    other["version"] = "2.0.0".into();
    let changed = client.put("/v1/skills/put", &other).await.ok();
    assert_eq!(changed["version"], "2.0.0");
    assert_eq!(run(&account, "put", json!({})).await, 2);
    client.put("/v1/skills/another", &other).await.blames("id");
    let shipped = http_skill("weather-skill", json!([{"url": site("echo")}]));
    client
        .put("/v1/skills/weather-skill", &shipped)
        .await
        .fails("conflict");
}

#[tokio::test]
async fn an_idempotency_key_installs_once() {
    let account = Account::new().await;
    let manifest = http_skill("idempotent", json!([{"url": site("echo")}]));
    let post = async || {
        let request = account.client.request("POST", "/v1/skills");
        let request = request.header("idempotency-key", "k").json(&manifest);
        account.client.send(request).await.succeeds(201)
    };
    assert_eq!(post().await, post().await);
}

const SKILL_MD: &str = "---
name: haiku-writer
description: Writes haiku about what it is given.
model: gpt-4
---

# Haiku

Answer with three lines of {{ five }}, seven and five syllables.
";

#[tokio::test]
async fn an_agent_skill_becomes_a_prompt_skill() {
    let account = Account::new().await;
    let post = async |text: &'static str| {
        let request = account.client.request("POST", "/v1/skills");
        let request = request.header("content-type", "text/markdown; charset=utf-8");
        account.client.send(request.body(text)).await
    };
    let made = post(SKILL_MD).await.succeeds(201);
    assert_eq!(made["id"], "haiku-writer");
    let parameters = &made["commands"]["run"]["parameters"];
    assert_eq!(parameters["required"], json!(["input"]));
    let result = run(&account, "haiku-writer", json!({"input": "snow"})).await;
    assert!(
        result.as_str().is_some_and(|text| !text.is_empty()),
        "{result}"
    );
    post("# No front matter").await.blames("body");
    let fields = faults(&post("---\nlicense: MIT\n---\n").await);
    assert_eq!(fields, ["name", "description", "model"]);
}
