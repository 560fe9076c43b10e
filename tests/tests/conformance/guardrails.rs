//! Guardrails: what an account lets into its chats and out of them, in every dialect.

use openclaw_conformance::{
    harness::{Account, Mock, Reply, chat, gateway, tag},
    upstream::{Script, ToolCall},
};
use serde_json::{Value, json};

const SAID: &str = "Write to jo@example.com or pay 4111 1111 1111 1111 now";
const SHOWN: &str = "Write to [redacted email] or pay [redacted card] now";

async fn guarded(guardrails: Value) -> Account {
    Account::with(
        json!({"name": "guarded", "guardrails": guardrails}),
        json!({}),
    )
    .await
}

async fn redacting(on: &str) -> Account {
    let pii = ["email", "phone", "card", "iban", "secret"];
    guarded(json!([{"name": "pii", "on": on, "action": "redact", "pii": pii}])).await
}

fn script(tag: &str) -> Script {
    Script {
        tag: tag.into(),
        text: Some(SAID.into()),
        chunks: Some(SAID.len()),
        ..Script::default()
    }
}

fn refused_by(reply: &Reply, guardrail: &str, on: &str) {
    let error = &reply.json()["error"];
    assert_eq!(
        (reply.status, &error["code"]),
        (400, &json!("content_filtered")),
        "{error}"
    );
    assert_eq!(error["details"], json!({"guardrail": guardrail, "on": on}));
}

#[tokio::test]
async fn requests_lose_personal_data_before_a_provider_gets_them() {
    let account = redacting("input").await;
    let tag = tag("guardrails");
    let hello = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let mut asked = chat("gpt-4", &hello);
    let earlier = json!({"role": "user", "content": [{"type": "text", "text": SAID}]});
    asked["messages"].as_array_mut().unwrap().insert(0, earlier);
    account.client.chat(&asked).await.ok();
    // As it came at Claude, too.
    let turns = json!([
        {"role": "user", "content": SAID}, {"role": "assistant", "content": "ok"},
        {"role": "user", "content": hello.message()},
    ]);
    let message = json!({"model": "claude-4", "max_tokens": 10, "system": SAID, "messages": turns});
    account.client.post("/v1/messages", &message).await.ok();
    let input = json!([
        {"role": "user", "content": SAID}, {"role": "user", "content": hello.message()},
    ]);
    let response = json!({"model": "gpt-4", "instructions": SAID, "input": input});
    account.client.post("/v1/responses", &response).await.ok();
    let seen = Mock::get().report(&tag).await.seen;
    assert_eq!(seen.len(), 3);
    for seen in seen {
        let body = seen.body.to_string();
        assert!(body.contains(SHOWN), "{body}");
        assert!(!body.contains("jo@") && !body.contains("4111"), "{body}");
    }
}

#[tokio::test]
async fn what_is_blocked_reaches_no_provider_and_names_its_guardrail() {
    let account = guarded(json!([
        {"name": "plans", "on": "input", "action": "block", "patterns": ["(?i)project titan"]},
        {"name": "length", "action": "block", "max_input_characters": 1000},
    ]))
    .await;
    let tag = tag("guardrails");
    let ask = |text: &str| {
        let hello = Script {
            tag: tag.clone(),
            ..Script::default()
        };
        let mut asked = chat("gpt-4", &hello);
        let earlier = json!({"role": "user", "content": text});
        asked["messages"].as_array_mut().unwrap().insert(0, earlier);
        asked
    };
    for stream in [false, true] {
        let mut asked = ask("What is Project Titan?");
        asked["stream"] = stream.into();
        refused_by(&account.client.chat(&asked).await, "plans", "input");
    }
    refused_by(
        &account.client.chat(&ask(&"x".repeat(1001))).await,
        "length",
        "input",
    );
    let embedding = json!({"model": "text-embedding-3-small", "input": ["project titan"]});
    let refused = account.client.post("/v1/embeddings", &embedding).await;
    refused_by(&refused, "plans", "input");
    // Anthropic's errors have another shape.
    let message = json!({"model": "claude-4", "max_tokens": 10,
        "messages": [{"role": "user", "content": "project titan"}]});
    let refused = account.client.post("/v1/messages", &message).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"]["type"], "invalid_request_error");
    assert!(refused.text().contains("'plans'"), "{}", refused.text());
    assert_eq!(Mock::get().report(&tag).await.requests, 0);
    account
        .client
        .chat(&ask("What is project tit for tat?"))
        .await
        .ok();
}

#[tokio::test]
async fn no_answer_shows_what_is_redacted_in_any_dialect() {
    let account = redacting("output").await;
    let tag = tag("guardrails");
    for model in ["gpt-4", "claude-4"] {
        let asked = chat(model, &script(&tag));
        let whole = account.client.chat(&asked).await.ok();
        assert_eq!(whole["choices"][0]["message"]["content"], SHOWN);
        assert!(whole["usage"]["cost"].as_f64().unwrap() > 0.0);
        let stream = account.client.stream_openai(&asked).await;
        assert_eq!(stream.text(), SHOWN);
        assert_eq!(stream.last_line(), "data: [DONE]");
        assert_eq!(stream.finish_reasons(), ["stop"]);
        let stream = account.client.stream_seed(&asked).await;
        assert_eq!(stream.text(), SHOWN);

        let message = json!({"model": model, "max_tokens": 100,
            "messages": [{"role": "user", "content": script(&tag).message()}]});
        let whole = account.client.post("/v1/messages", &message).await.ok();
        assert_eq!(whole["content"][0]["text"], SHOWN);
        let response = json!({"model": model, "input": script(&tag).message()});
        let whole = account.client.post("/v1/responses", &response).await.ok();
        assert_eq!(whole["output"][0]["content"][0]["text"], SHOWN);
        for (path, mut asked, delta) in [
            ("/v1/messages", message, "/delta/text"),
            ("/v1/responses", response, "/delta"),
        ] {
            asked["stream"] = true.into();
            let stream = account.client.stream(path, &asked).await.read().await;
            let events = stream.events();
            let deltas = events
                .iter()
                .filter_map(|event| event.pointer(delta)?.as_str());
            assert_eq!(deltas.collect::<String>(), SHOWN, "{path}");
            let all = Value::Array(events).to_string();
            assert!(!all.contains("jo@") && !all.contains("4111"), "{all}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_blocked_ends_as_a_failure_before_the_match() {
    let account = guarded(json!([
        {"name": "addresses", "on": "output", "action": "block", "pii": ["email"]},
    ]))
    .await;
    let tag = tag("guardrails");
    let asked = chat("gpt-4", &script(&tag));
    refused_by(&account.client.chat(&asked).await, "addresses", "output");
    let stream = account.client.stream_openai(&asked).await;
    stream.fails_in_openai("content_filtered");
    assert_eq!(stream.text(), "Write to ");
    let stream = account.client.stream_seed(&asked).await;
    stream.fails_in_seed("content_filtered");
    assert_eq!(stream.text(), "Write to ");
    // The vendor was paid for what it wrote.
    let usage = account.usage(3).await;
    assert!(usage["cost"].as_f64().unwrap() > 0.0, "{usage}");
}

#[tokio::test]
async fn arguments_of_calls_stay_json() {
    let account = redacting("output").await;
    let tag = tag("guardrails");
    let call = Script {
        tag: tag.clone(),
        tool_call: Some(ToolCall {
            id: "call_1".into(),
            name: "pay".into(),
            arguments: json!({"card": 4_111_111_111_111_111_u64, "to": "jo@example.com", "sum": 5}),
        }),
        ..Script::default()
    };
    let asked = chat("gpt-4", &call);
    let expected = json!({"card": "[redacted card]", "to": "[redacted email]", "sum": 5});
    let whole = account.client.chat(&asked).await.ok();
    let arguments = &whole["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"];
    let arguments: Value = serde_json::from_str(arguments.as_str().unwrap()).unwrap();
    assert_eq!(arguments, expected);
    let stream = account.client.stream_openai(&asked).await;
    let arguments: Value = serde_json::from_str(&stream.tool_arguments()).unwrap();
    assert_eq!(arguments, expected);
    assert_eq!(stream.finish_reasons(), ["tool_calls"]);
}

#[tokio::test]
async fn what_is_kept_is_looked_at_by_the_rules_of_today() {
    let account = Account::admin().await;
    let tag = tag("guardrails");
    let asked = chat("gpt-4", &script(&tag));
    for expected in [SAID, SHOWN] {
        let request = account
            .client
            .request("POST", "/v1/chat/completions")
            .json(&asked);
        let request = request.header("x-openclaw-cache-ttl", "60");
        let answer = account.client.send(request).await.ok();
        assert_eq!(answer["choices"][0]["message"]["content"], expected);
        let pii =
            json!([{"name": "pii", "on": "output", "action": "redact", "pii": ["email", "card"]}]);
        account.update(json!({"guardrails": pii})).await;
    }
    assert_eq!(Mock::get().report(&tag).await.requests, 1);
}

#[tokio::test]
async fn an_account_sets_its_own() {
    let account = Account::admin().await;
    let path = "/v1/account/guardrails";
    assert_eq!(
        account.client.get(path).await.ok(),
        json!({"guardrails": []})
    );
    let own = json!({"guardrails": [
        {"name": "words", "on": "both", "action": "redact", "patterns": ["(?i)acme"], "pii": ["email"]},
    ]});
    assert_eq!(account.client.put(path, &own).await.ok(), own);
    assert_eq!(account.client.get(path).await.ok(), own);
    let operator = gateway().await.operator();
    let shown = operator
        .get(&format!("/v1/accounts/{}", account.id))
        .await
        .ok();
    assert_eq!(shown["guardrails"], own["guardrails"]);
    for (wrong, field) in [
        (
            json!({"name": "a", "action": "block"}),
            "guardrails[0].patterns",
        ),
        (
            json!({"name": "a", "action": "block", "patterns": ["("]}),
            "guardrails[0].patterns[0]",
        ),
        (
            json!({"name": "a", "action": "block", "patterns": ["(?=x)"]}),
            "guardrails[0].patterns[0]",
        ),
        (
            json!({"name": "a", "action": "block", "patterns": [r"(\w{1000}){100}"]}),
            "guardrails[0].patterns[0]",
        ),
        (
            json!({"name": "a", "action": "drop", "pii": ["email"]}),
            "guardrails[0].action",
        ),
        (
            json!({"name": "a", "action": "block", "pii": ["shoe size"]}),
            "guardrails[0].pii[0]",
        ),
        (
            json!({"name": "", "action": "block", "pii": ["email"]}),
            "guardrails[0].name",
        ),
    ] {
        let wrong = json!({"guardrails": [wrong]});
        account.client.put(path, &wrong).await.blames(field);
    }
    assert_eq!(account.client.get(path).await.ok(), own);
    // A key that may only chat changes nothing.
    let chatting = account.another_key(json!({"scopes": ["chat"]})).await;
    let chatting = account.client_with(&chatting.secret);
    chatting
        .put(path, &json!({"guardrails": []}))
        .await
        .fails("forbidden");
}
