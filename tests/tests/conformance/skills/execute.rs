//! `POST /skills/{id}/execute`.

use super::{execute, http_skill, install, run, site};
use openclaw_conformance::harness::{Account, Mock, tag};
use serde_json::{Value, json};

#[tokio::test]
async fn a_chain_hands_each_answer_on_and_maps_them() {
    let account = Account::new().await;
    let echo = site("echo");
    let steps = json!([
        {"id": "first", "url": format!("{echo}?n=1"), "query": {"q": "{{ parameters.q }}", "list": [1, "two"], "none": null}},
        {"method": "POST", "url": &echo, "headers": {"x-first": "{{ steps.first.body.query.q }}"},
            "body": {"seen": "{{ steps.first.body.query }}", "n": "{{ steps.first.status + 1 }}", "text": "n={{ 1 }}"}},
        {"id": "third", "method": "PUT", "url": format!("{echo}?path={{{{ steps.step_2.body.body.text }}}}"), "body": "plain {{ parameters.q }}"},
    ]);
    let mut manifest = http_skill("chain", steps);
    manifest["commands"]["run"]["execute"]["result"] = json!({
        "second": "{{ steps.step_2.body }}",
        "third": "{{ steps.third.body }}",
        "upper": "<{{ parameters.q | upper }}>",
        "fixed": [true, null, 1.5],
        "status": "{{ steps.third.status }}",
    });
    install(&account, &manifest).await;
    let result = run(&account, "chain", json!({"q": "a b&c"})).await;
    let second = &result["second"];
    assert_eq!(second["method"], "POST");
    assert_eq!(second["headers"]["x-first"], "a b&c");
    assert_eq!(second["headers"]["content-type"], "application/json");
    let seen = &second["body"]["seen"];
    assert_eq!(seen["q"], "a b&c", "{second}");
    assert_eq!((&seen["n"], &seen["none"]), (&json!("1"), &Value::Null));
    assert_eq!(second["body"]["n"], 201);
    assert_eq!(second["body"]["text"], "n=1");
    let third = &result["third"];
    assert_eq!(third["method"], "PUT");
    assert_eq!(third["query"]["path"], "n=1");
    assert_eq!(third["body"], "plain a b&c");
    assert_eq!(result["upper"], "<A B&C>");
    assert_eq!(result["fixed"], json!([true, null, 1.5]));
    assert_eq!(result["status"], 200);
}

#[tokio::test]
async fn what_parameters_say_stays_within_its_part_of_the_url() {
    let account = Account::new().await;
    let steps = json!([{"url": format!("{}?a={{{{ parameters.q }}}}&b=2", site("echo"))}]);
    install(&account, &http_skill("encoded", steps)).await;
    let result = run(&account, "encoded", json!({"q": "1&b=3#x/../%"})).await;
    assert_eq!(result["query"], json!({"a": "1&b=3#x/../%", "b": "2"}));
}

#[tokio::test]
async fn errors_are_what_the_manifest_makes_of_answers() {
    let account = Account::new().await;
    let steps = json!([{
        "url": site("answer"),
        "query": {"status": "{{ parameters.q }}", "body": "gone\n away", "type": "text/plain"},
        "errors": [
            {"when": "{{ steps.step_1.status == 404 }}", "code": "not_found", "message": "No {{ parameters.q }} there"},
            {"when": "{{ steps.step_1.status == 409 }}", "message": "{{ steps.step_1.body }}"},
        ],
    }]);
    install(&account, &http_skill("errors", steps)).await;
    let ask = |status: &str| execute(&account, "errors", "run", json!({"q": status}));
    let failure = ask("404").await.fails("not_found");
    assert_eq!(failure.message, "No 404 there");
    assert_eq!(ask("409").await.fails("skill_failed").message, "gone away");
    let failure = ask("503").await.fails("skill_failed");
    assert!(failure.message.contains("503: gone away"), "{failure:?}");
    let result = run(&account, "errors", json!({"q": "200"})).await;
    assert_eq!(result, "gone\n away");
}

#[tokio::test]
async fn what_breaks_is_slow_or_too_large_says_so() {
    let account = Account::new().await;
    let steps = json!([{"url": format!("{}?{{{{ parameters.q | safe }}}}", site("answer"))}]);
    install(&account, &http_skill("broken", steps)).await;
    let ask = |query: &str| execute(&account, "broken", "run", json!({"q": query}));
    ask("body=x&cut=1").await.fails("skill_failed");
    ask("body=x&stall=1").await.fails("skill_timeout");
    ask("bytes=1048577").await.fails("payload_too_large");
    ask("body={").await.fails("skill_failed");
    let largest = ask("type=text/plain&bytes=1048000").await.ok();
    assert_eq!(largest["result"].as_str().unwrap().len(), 1_048_000);
}

#[tokio::test]
async fn templates_that_loop_or_explode_end() {
    let account = Account::new().await;
    let templates = [
        "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
        "{{ range(100000) | map('string') | join(' ') }}",
        "{{ 'x' * 100000000 }}",
        "{% set x = 'xxxxxxxxxx' %}{% set x = x * 1000 %}{% set x = x * 1000 %}{{ x }}",
        "{{ [parameters.long, parameters.long] * 300 }}",
        "{{ parameters.long | replace('x', parameters.long) }}",
        "{{ [[[[[[parameters.long] * 9] * 9] * 9] * 9] * 9] * 9 }}",
    ];
    for (n, template) in templates.into_iter().enumerate() {
        let id = format!("hostile-{n}");
        let steps = json!([{"url": site("echo"), "body": template}]);
        install(&account, &http_skill(&id, steps)).await;
        let parameters = json!({"long": "x".repeat(4000)});
        let reply = execute(&account, &id, "run", parameters).await;
        let failure = reply.fails("skill_failed");
        assert!(
            failure.message.contains("steps[0].body"),
            "{n}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn an_unknown_skill_or_command_is_named() {
    let account = Account::new().await;
    let reply = execute(&account, "no-such-skill", "get", json!({})).await;
    let failure = reply.fails("not_found");
    assert!(failure.message.contains("no-such-skill"), "{failure:?}");
    let long = "x".repeat(2000);
    execute(&account, &long, "get", json!({}))
        .await
        .fails("not_found");
    let reply = execute(&account, "weather-skill", "set", json!({})).await;
    reply.blames("command");
    let path = "/v1/skills/weather-skill/execute";
    account
        .client
        .post(path, &json!({}))
        .await
        .blames("command");
}

#[tokio::test]
async fn an_idempotency_key_executes_once() {
    let account = Account::new().await;
    let tag = tag("idempotent");
    let steps = json!([{"method": "POST", "url": format!("{}?tag={tag}", site("echo"))}]);
    install(&account, &http_skill("idempotent", steps)).await;
    let post = async || {
        let request = account
            .client
            .request("POST", "/v1/skills/idempotent/execute");
        let request = request.header("idempotency-key", "k");
        account
            .client
            .send(request.json(&json!({"command": "run"})))
            .await
            .ok()
    };
    assert_eq!(post().await, post().await);
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
}

#[tokio::test]
async fn a_client_that_leaves_takes_the_request_along() {
    let account = Account::new().await;
    let tag = tag("left");
    let steps = json!([{"url": format!("{}?tag={tag}&body=x&stall=1", site("answer"))}]);
    install(&account, &http_skill("left", steps)).await;
    let asking = execute(&account, "left", "run", json!({}));
    let short = std::time::Duration::from_millis(700);
    assert!(tokio::time::timeout(short, asking).await.is_err());
    let report = Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    assert_eq!(report.requests, 1);
    // On Lambda nobody tells a function that its client left: it goes to its end.
    let listed = openclaw_conformance::harness::eventually(async || {
        let list = account.client.get("/v1/skills/left/executions").await.ok();
        list["data"].get(0).cloned()
    });
    let execution = listed.await.expect("an execution");
    assert!(execution["status"] != "completed", "{execution}");
}

#[tokio::test]
async fn a_prompt_calls_a_model_for_the_caller() {
    let account = Account::new().await;
    let manifest = json!({
        "id": "prompt", "name": "Prompt", "version": "1",
        "commands": {
            "run": {
                "parameters": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
                "execute": {"type": "prompt", "model": "gpt-4", "instructions": "{{ stays }}",
                    "system": "You say {{ parameters.q | length }}", "prompt": "{{ parameters.q }}", "max_tokens": 50},
            },
            "json": {
                "parameters": {"type": "object"},
                "execute": {"type": "prompt", "model": "gpt-4", "prompt": "{{ parameters.script }}",
                    "response_format": {"type": "json_object"}},
            },
            "unknown": {"execute": {"type": "prompt", "model": "no-such-model", "prompt": "x"}},
        },
    });
    install(&account, &manifest).await;
    let tag = tag("prompt");
    let script = openclaw_conformance::upstream::Script {
        tag: tag.clone(),
        text: Some("{\"a\": [1]}".into()),
        ..Default::default()
    };
    let message = script.message();
    let result = run(&account, "prompt", json!({"q": message})).await;
    assert_eq!(result, "{\"a\": [1]}");
    let seen = Mock::get().report(&tag).await.seen.remove(0).body;
    assert_eq!(seen["max_tokens"], 50);
    let messages = seen["messages"].as_array().unwrap();
    assert_eq!(messages[0]["content"], "{{ stays }}");
    assert_eq!(
        messages[1]["content"],
        format!("You say {}", message.chars().count())
    );
    assert_eq!(messages[2]["content"], message);
    let reply = execute(&account, "prompt", "json", json!({"script": message})).await;
    assert_eq!(reply.ok()["result"], json!({"a": [1]}));
    execute(&account, "prompt", "unknown", json!({}))
        .await
        .fails("invalid_model");
    // Chat's own accounting: a row for each call of a model, beside the executions'.
    let usage = account.usage(5).await;
    assert_eq!(usage["by_model"][0]["model"], "gpt-4", "{usage}");
    assert_eq!(usage["by_model"][0]["requests"], 2, "{usage}");
    assert_eq!(usage["total_requests"], 5, "{usage}");
}

#[tokio::test]
async fn a_builtin_tells_the_time() {
    let account = Account::new().await;
    let manifest = json!({
        "id": "clock", "name": "Clock", "version": "1",
        "commands": {"run": {"execute": {"type": "builtin", "name": "time"}}},
    });
    install(&account, &manifest).await;
    let result = run(&account, "clock", json!({})).await;
    assert!(result["time"].as_str().unwrap().ends_with('Z'), "{result}");
}
