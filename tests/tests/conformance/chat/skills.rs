//! Skills that are offered to a model, which calls them.

use openclaw_conformance::{
    harness::{Account, Mock, chat, hello, tag},
    upstream::{Script, ToolCall, Usage},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const MODELS: [&str; 2] = ["gpt-4", "claude-3"];

/// A skill of requests to the suite's upstream: `look` gives what it lists, `wait` takes 20 s, `fail` is
/// refused.
async fn install(account: &Account) {
    let url = Mock::get().url();
    let get = |path: &str| json!({"type": "http", "steps": [{"url": format!("{url}{path}")}]});
    let mut look = get("/v1/models");
    look["result"] = json!({
        "topic": "{{ parameters.topic }}",
        "found": "{{ steps.step_1.body.data[0].id }}",
    });
    let wait = Script {
        head_delay_ms: 20_000,
        tag: account.id.clone(),
        ..Script::default()
    };
    let wait = json!({"type": "http", "steps": [{
        "method": "POST", "url": format!("{url}/v1/chat/completions"), "body": chat("m", &wait),
    }]});
    let topic = json!({
        "type": "object",
        "properties": {"topic": {"type": "string"}},
        "required": ["topic"],
    });
    let manifest = json!({
        "id": "finder", "name": "Finder", "version": "1", "commands": {
            "look": {"description": "Finds things.", "parameters": topic, "execute": look},
            "fail": {"execute": get("/nowhere")},
            "wait": {"execute": wait},
        },
    });
    account
        .client
        .post("/v1/skills", &manifest)
        .await
        .succeeds(201);
}

async fn with_skill() -> Account {
    let account = Account::new().await;
    install(&account).await;
    account
}

fn call(id: &str, name: &str, arguments: Value) -> ToolCall {
    ToolCall {
        id: id.into(),
        name: name.into(),
        arguments,
    }
}

fn look(id: &str) -> ToolCall {
    call(id, "finder__look", json!({"topic": "owls"}))
}

const fn usage(prompt_tokens: u64, completion_tokens: u64) -> Option<Usage> {
    Some(Usage {
        prompt_tokens,
        completion_tokens,
    })
}

/// A model that calls this, and then says `text`.
fn calls(tag: &str, first: ToolCall, text: &str) -> Script {
    Script {
        tag: tag.into(),
        tool_call: Some(first),
        usage: usage(10, 5),
        then: Some(Box::new(Script {
            text: Some(text.into()),
            usage: usage(30, 3),
            ..Script::default()
        })),
        ..Script::default()
    }
}

fn offering(model: &str, script: &Script) -> Value {
    let mut body = chat(model, script);
    body["skills"] = json!(["finder"]);
    body
}

/// What the upstream was sent as the answer of a tool, in either dialect, by the call's id.
fn told(body: &Value, id: &str) -> String {
    let messages = body["messages"].as_array().unwrap();
    let parts = messages.iter().flat_map(|message| {
        let parts = message["content"].as_array().cloned().unwrap_or_default();
        parts.into_iter().chain([message.clone()])
    });
    let mut answers = parts.filter(|part| part["tool_call_id"] == id || part["tool_use_id"] == id);
    let answer = answers.next().unwrap_or_else(|| panic!("{id} in {body}"));
    match &answer["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts[0]["text"].as_str().unwrap().into(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_model_calls_a_skill_and_answers_with_what_it_gave() {
    let account = with_skill().await;
    for (at, model) in (1..).zip(MODELS) {
        let tag = tag("skills");
        let mut body = offering(model, &calls(&tag, look("call_1"), "one two three"));
        body["tools"] = json!([{"type": "function", "function": {"name": "mine", "parameters": {"type": "object"}}}]);
        let answer = account.client.chat(&body).await;
        assert_eq!(answer.header("x-openclaw-attempts"), Some("2"));
        let answer = answer.ok();
        let choice = &answer["choices"][0];
        assert_eq!(choice["message"]["content"], "one two three");
        assert_eq!(choice["finish_reason"], "stop");
        assert!(choice["message"].get("tool_calls").is_none(), "{choice}");
        let shown = &answer["usage"];
        let counts = (&shown["prompt_tokens"], &shown["completion_tokens"]);
        assert_eq!(counts, (&json!(40), &json!(8)));
        let seen = Mock::get().report(&tag).await.seen;
        assert_eq!(seen.len(), 2);
        for request in &seen {
            let body = request.body.to_string();
            assert!(
                body.contains("finder__look") && body.contains("mine"),
                "{body}"
            );
            assert!(
                body.contains("Finds things.") && !body.contains("\"skills\""),
                "{body}"
            );
        }
        let given: Value = serde_json::from_str(&told(&seen[1].body, "call_1")).unwrap();
        assert_eq!(given, json!({"topic": "owls", "found": "mock"}));
        // One request, all rounds in it.
        let usage = account.usage(at).await;
        assert_eq!(usage["prompt_tokens"], at * 40);
        assert_eq!(usage["errors"], 0);
    }
}

#[tokio::test]
async fn a_stream_shows_the_answer_and_the_progress_but_no_calls() {
    let account = with_skill().await;
    for model in MODELS {
        let mut body = offering(model, &calls("", look("call_1"), "one two three"));
        body["stream_options"] = json!({"include_usage": true});
        let streams = [
            account.client.stream_openai(&body).await,
            account.client.stream_seed(&body).await,
        ];
        for stream in streams {
            assert_eq!(stream.text(), "one two three");
            assert_eq!(stream.finish_reasons(), ["stop"]);
            assert_eq!(stream.tool_arguments(), "");
            let events = stream.events();
            let roles = events
                .iter()
                .filter(|event| event["choices"][0]["delta"]["role"].is_string());
            assert_eq!(roles.count(), 1, "{events:?}");
            assert!(
                events.iter().all(|event| event["id"] == events[0]["id"]),
                "{events:?}"
            );
            let progress: Vec<_> = events
                .iter()
                .filter(|event| event["openclaw"].is_object())
                .map(|event| {
                    assert_eq!(event["choices"][0]["delta"], json!({}));
                    let skill = &event["openclaw"]["skill"];
                    assert_eq!(
                        (&skill["id"], &skill["skill"]),
                        (&json!("call_1"), &json!("finder"))
                    );
                    assert_eq!(skill["command"], "look");
                    assert!(skill["duration_ms"].is_u64(), "{skill}");
                    skill["status"].as_str().unwrap().to_owned()
                })
                .collect();
            assert_eq!(progress, ["running", "completed"]);
            let usage = &events.last().unwrap()["usage"];
            let counts = (&usage["prompt_tokens"], &usage["completion_tokens"]);
            assert_eq!(counts, (&json!(40), &json!(8)));
        }
    }
}

#[tokio::test]
async fn calls_at_once_are_all_answered_and_failures_are_told_to_the_model() {
    let account = with_skill().await;
    for model in MODELS {
        for stream in [false, true] {
            let tag = tag("parallel");
            let mut script = calls(&tag, look("call_1"), "done");
            script.more_calls = vec![
                call("call_2", "finder__fail", json!({})),
                call("call_3", "finder__look", json!({"topic": 7})),
            ];
            let body = offering(model, &script);
            match stream {
                false => drop(account.client.chat(&body).await.ok()),
                true => {
                    let stream = account.client.stream_openai(&body).await;
                    assert_eq!(stream.text(), "done");
                    let text = stream.writes.concat();
                    assert_eq!(text.matches(r#""status":"failed""#).count(), 2, "{text}");
                }
            }
            let seen = Mock::get().report(&tag).await.seen;
            assert_eq!(seen.len(), 2);
            let told = |id: &str| told(&seen[1].body, id);
            assert!(told("call_1").contains("owls"));
            assert!(
                told("call_2").contains("skill_failed"),
                "{}",
                told("call_2")
            );
            let third = told("call_3");
            assert!(
                third.contains("parameters.topic") && third.contains("string"),
                "{third}"
            );
        }
    }
}

#[tokio::test]
async fn the_callers_own_tools_end_the_loop() {
    let account = with_skill().await;
    let own = json!([{"type": "function", "function": {"name": "mine", "parameters": {"type": "object"}}}]);
    for model in MODELS {
        let tag = tag("own");
        let mut script = calls(&tag, look("call_1"), "never");
        script.more_calls = vec![call("call_2", "mine", json!({"a": 1}))];
        let mut body = offering(model, &script);
        body["tools"] = own.clone();
        let answer = account.client.chat(&body).await.ok();
        let choice = &answer["choices"][0];
        assert_eq!(choice["finish_reason"], "tool_calls");
        let calls = choice["message"]["tool_calls"].as_array().unwrap();
        assert_eq!((calls.len(), &calls[0]["id"]), (1, &json!("call_2")));
        let stream = account.client.stream_openai(&body).await;
        assert_eq!(stream.finish_reasons(), ["tool_calls"]);
        let arguments: Value = serde_json::from_str(&stream.tool_arguments()).unwrap();
        assert_eq!(arguments, json!({"a": 1}));
        assert!(!stream.writes.concat().contains("finder__"), "{stream:?}");
        assert_eq!(Mock::get().report(&tag).await.requests, 2);
    }
}

#[tokio::test]
async fn a_model_that_never_stops_is_asked_eight_times() {
    let account = with_skill().await;
    for model in MODELS {
        for stream in [false, true] {
            let tag = tag("rounds");
            let script = Script {
                then: None,
                ..calls(&tag, look("call_1"), "")
            };
            let body = offering(model, &script);
            let reason = match stream {
                false => {
                    let answer = account.client.chat(&body).await.ok();
                    assert!(answer["choices"][0]["message"].get("tool_calls").is_none());
                    assert_eq!(answer["usage"]["prompt_tokens"], 80);
                    answer["choices"][0]["finish_reason"].clone()
                }
                true => {
                    let stream = account.client.stream_seed(&body).await;
                    assert_eq!(stream.tool_arguments(), "");
                    json!(stream.finish_reasons()[0])
                }
            };
            assert_eq!(reason, "length");
            let seen = Mock::get().report(&tag).await.seen;
            assert_eq!(seen.len(), 8);
            // The last time it is told to call nothing.
            let choices: Vec<_> = seen
                .iter()
                .map(|seen| seen.body["tool_choice"].to_string())
                .collect();
            assert!(choices[7].contains("none"), "{choices:?}");
            assert!(
                choices[..7].iter().all(|choice| !choice.contains("none")),
                "{choices:?}"
            );
        }
    }
}

#[tokio::test]
async fn each_round_is_held_against_the_budget_before_it_starts() {
    // `dear` costs a cent a token out: the first round takes 50 of 80 cents, the second might take 50 more.
    for stream in [false, true] {
        let account = json!({"tier": "enterprise", "rate_limit": 10_000, "monthly_budget": 0.8});
        let account = Account::with(account, json!({})).await;
        install(&account).await;
        let tag = tag("budget");
        let script = Script {
            usage: usage(5, 50),
            ..calls(&tag, look("call_1"), "never")
        };
        let mut body = offering("dear", &script);
        body["max_tokens"] = 50.into();
        match stream {
            false => drop(account.client.chat(&body).await.fails("budget_exceeded")),
            true => {
                let stream = account.client.stream_openai(&body).await;
                stream.fails_in_openai("budget_exceeded");
            }
        }
        assert_eq!(Mock::get().report(&tag).await.requests, 1);
        let usage = account.usage(1).await;
        assert_eq!((&usage["cost"], &usage["errors"]), (&json!(0.5), &json!(1)));
        // What was held is free again.
        let mut rest = hello("dear");
        rest["max_tokens"] = 30.into();
        account.client.chat(&rest).await.ok();
    }
}

#[tokio::test]
async fn leaving_while_a_skill_runs_stops_it_and_keeps_the_round_before() {
    for model in MODELS {
        let account = with_skill().await;
        let mut script = calls("", call("call_1", "finder__wait", json!({})), "never");
        // Where the leaving is noticed late, the next round is left.
        script.then = Some(Box::new(Script {
            never: true,
            ..Script::default()
        }));
        let body = offering(model, &script);
        let mut stream = account.client.open_openai(&body).await;
        let begun = Instant::now();
        loop {
            let write = stream.write().await.expect("unbroken").expect("more");
            if write.contains(r#""status":"running""#) {
                break;
            }
        }
        let running = |report: &openclaw_conformance::upstream::Report| report.requests == 1;
        Mock::get().report_when(&account.id, running).await;
        drop(stream);
        let stopped = |report: &openclaw_conformance::upstream::Report| report.cancelled == 1;
        Mock::get().report_when(&account.id, stopped).await;
        assert!(begun.elapsed() < Duration::from_secs(15));
        let usage = account.usage(1).await;
        assert_eq!(usage["interrupted"], 1, "{usage}");
        assert!(usage["prompt_tokens"].as_u64().unwrap() >= 10, "{usage}");
        assert!(usage["completion_tokens"].as_u64().unwrap() >= 5, "{usage}");
    }
}

#[tokio::test]
async fn leaving_in_the_second_round_is_accounted_with_both() {
    let (account, tag) = (with_skill().await, tag("second"));
    let mut script = calls(&tag, look("call_1"), "");
    script.then = Some(Box::new(Script {
        chunks: Some(1000),
        chunk_delay_ms: 20,
        ..Script::default()
    }));
    let mut stream = account
        .client
        .open_openai(&offering("gpt-4", &script))
        .await;
    loop {
        let write = stream.write().await.expect("unbroken").expect("more");
        if write.contains("w3 ") {
            break;
        }
    }
    drop(stream);
    Mock::get()
        .report_when(&tag, |report| report.cancelled == 1)
        .await;
    let usage = account.usage(1).await;
    assert_eq!(usage["interrupted"], 1);
    assert!(usage["prompt_tokens"].as_u64().unwrap() > 10, "{usage}");
    assert!(usage["completion_tokens"].as_u64().unwrap() > 8, "{usage}");
}

#[tokio::test]
async fn what_cannot_be_offered_is_named() {
    let account = with_skill().await;
    let fails = async |change: Value, field: &str| {
        let mut body = hello("gpt-4");
        body["skills"] = json!(["finder"]);
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        account.client.chat(&body).await.blames(field);
        account
            .client
            .post("/v1/chat/completions/stream", &body)
            .await
            .blames(field);
    };
    let tool = json!([{"type": "function", "function": {"name": "finder__look"}}]);
    fails(json!({"skills": "finder"}), "skills").await;
    fails(json!({"skills": [7]}), "skills[0]").await;
    fails(json!({"skills": ["finder", "nothing"]}), "skills[1]").await;
    fails(json!({"skills": vec!["finder"; 17]}), "skills").await;
    fails(json!({"n": 2}), "n").await;
    fails(json!({"tools": tool}), "tools[0].function.name").await;
    account
        .client
        .patch("/v1/skills/finder", &json!({"status": "disabled"}))
        .await
        .ok();
    fails(json!({}), "skills[0]").await;
    // Another account has another's skills never.
    let mut body = hello("gpt-4");
    body["skills"] = json!(["finder"]);
    let other = Account::new().await;
    other.client.chat(&body).await.blames("skills[0]");
    // None at all is a chat without.
    body["skills"] = json!([]);
    account.client.chat(&body).await.ok();
}

#[tokio::test]
async fn a_key_without_the_scope_offers_none() {
    let account = with_skill().await;
    let key = account.another_key(json!({"scopes": ["chat"]})).await;
    let client = account.client.with(&key.secret);
    client.chat(&hello("gpt-4")).await.ok();
    let mut body = hello("gpt-4");
    body["skills"] = json!(["finder"]);
    client.chat(&body).await.fails("forbidden");
}

#[tokio::test]
async fn a_skill_that_calls_a_model_is_a_request_of_its_own() {
    let account = Account::new().await;
    let inner = Script {
        text: Some("an inner answer".into()),
        usage: usage(7, 2),
        ..Script::default()
    };
    let execute = json!({"type": "prompt", "model": "claude-3", "prompt": "{{ parameters.say }}"});
    let manifest = json!({
        "id": "asker", "name": "Asker", "version": "1", "commands": {"ask": {"execute": execute}},
    });
    let made = account.client.post("/v1/skills", &manifest).await;
    made.succeeds(201);
    let tag = tag("prompt");
    let ask = call("call_1", "asker__ask", json!({"say": inner.message()}));
    let mut body = chat("gpt-4", &calls(&tag, ask, "done"));
    body["skills"] = json!(["asker"]);
    account.client.chat(&body).await.ok();
    let seen = Mock::get().report(&tag).await.seen;
    assert_eq!(told(&seen[1].body, "call_1"), "an inner answer");
    let usage = account.usage(2).await;
    assert_eq!(usage["prompt_tokens"], 40 + 7);
}
