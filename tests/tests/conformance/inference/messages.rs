//! Anthropic's Messages API: as it came at a target that speaks it, converted at all others.

use openclaw_conformance::{
    harness::{Account, Mock, node, python, run, tag},
    upstream::{Script, ToolCall, Usage},
};
use serde_json::{Value, json};

fn script(tag: &str) -> Script {
    Script {
        tag: tag.into(),
        text: Some("one two three".into()),
        usage: Some(Usage {
            prompt_tokens: 12,
            completion_tokens: 3,
        }),
        ..Script::default()
    }
}

/// A request whose last turn is that script.
fn body(model: &str, script: &Script, fields: Value) -> Value {
    let mut body = json!({"model": model, "max_tokens": 100,
        "messages": [{"role": "user", "content": script.message()}]});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn passes(command: tokio::process::Command, file: &str) {
    let account = Account::new().await;
    let said = run(command, file, &account.key.secret).await;
    assert!(said.ends_with("all checks passed\n"), "{said}");
}

#[tokio::test]
async fn anthropics_python_sdk_works() {
    passes(python(), "sdk/python/anthropic_sdk.py").await;
}

#[tokio::test]
async fn anthropics_node_sdk_works() {
    passes(node(), "sdk/node/anthropic_sdk.cjs").await;
}

#[tokio::test]
async fn a_request_reaches_claude_as_it_came() {
    let account = Account::new().await;
    let tag = tag("verbatim");
    let fields = json!({
        "system": [{"type": "text", "text": "long", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "max_tokens": 4000,
        "tools": [{"name": "f", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}],
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        "tomorrows_field": {"a": [1.50, "é"]},
    });
    let body = body("claude-4", &script(&tag), fields);
    let request = account.client.request("POST", "/v1/messages").json(&body);
    let request = request.header("anthropic-beta", "context-management-2025-06-27");
    let answer = account.client.send(request).await.ok();
    let seen = Mock::get().report(&tag).await.seen.remove(0);
    let mut expected = body.clone();
    expected["model"] = "claude-sonnet-4-5-20250929".into();
    assert_eq!(seen.body, expected);
    assert_eq!(seen.path, "/v1/messages");
    assert_eq!(
        seen.headers["anthropic-beta"],
        "context-management-2025-06-27"
    );
    assert_eq!(answer["usage"]["service_tier"], "standard", "{answer}");
    assert!(answer["usage"]["cost"].as_f64().unwrap() > 0.0, "{answer}");
}

#[tokio::test]
async fn a_request_is_converted_for_others() {
    let account = Account::new().await;
    let tag = tag("converted");
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}});
    let result = json!({"type": "tool_result", "tool_use_id": "toolu_1", "is_error": true,
        "content": [{"type": "text", "text": "no"}]});
    let mut body = body(
        "gpt-4",
        &script(&tag),
        json!({
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
            "tool_choice": {"type": "any", "disable_parallel_tool_use": true},
            "stop_sequences": ["END"],
            "metadata": {"user_id": "u1"},
            "top_k": 5,
        }),
    );
    let script = body["messages"][0]["content"].clone();
    body["messages"] = json!([
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": "signed by another"}, call]},
        {"role": "user", "content": [result, {"type": "text", "text": script}]},
    ]);
    account.client.post("/v1/messages", &body).await.ok();
    let seen = Mock::get().report(&tag).await.seen.remove(0);
    assert_eq!(seen.path, "/v1/chat/completions");
    assert_eq!(
        seen.body,
        json!({
            "model": "gpt-4-0613",
            "messages": [
                {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
                {"role": "user", "content": "first"},
                {"role": "assistant", "tool_calls": [{"id": "toolu_1", "type": "function",
                    "function": {"name": "f", "arguments": "{\"a\":1}"}}]},
                {"role": "tool", "tool_call_id": "toolu_1", "content": "Error: no"},
                {"role": "user", "content": [{"type": "text", "text": script}]},
            ],
            "max_tokens": 100,
            "stop": ["END"],
            "tools": [{"type": "function", "function": {"name": "f", "description": "d",
                "parameters": {"type": "object"}}}],
            "tool_choice": "required",
            "parallel_tool_calls": false,
            "user": "u1",
        })
    );
}

#[tokio::test]
async fn what_others_cannot_be_asked_is_refused_by_name() {
    let account = Account::new().await;
    let cases = [
        (
            json!({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
            "tools",
        ),
        (
            json!({"mcp_servers": [{"type": "url", "url": "https://x.test", "name": "x"}]}),
            "mcp_servers",
        ),
        (
            json!({"messages": [{"role": "user", "content": [
            {"type": "document", "source": {"type": "file", "file_id": "f"}}]}]}),
            "messages[0].content[0].source.type",
        ),
        (
            json!({"messages": [{"role": "user", "content": 7}]}),
            "messages[0].content",
        ),
        (json!({"max_tokens": null}), "max_tokens"),
    ];
    for (fields, name) in cases {
        let body = body("gpt-4", &script("unused"), fields.clone());
        let reply = account.client.post("/v1/messages", &body).await;
        assert_eq!(reply.status, 400, "{fields}");
        let error = reply.json();
        assert_eq!(error["type"], "error");
        assert_eq!(error["error"]["type"], "invalid_request_error");
        assert_eq!(error["request_id"], reply.header("x-request-id").unwrap());
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(name), "{fields}: {message}");
    }
}

#[tokio::test]
async fn claude_counts_and_costs_are_accounted() {
    let account = Account::new().await;
    let script = Script {
        cache_read_tokens: 1000,
        cache_write_tokens: 12_304,
        usage: Some(Usage {
            prompt_tokens: 3,
            completion_tokens: 550,
        }),
        ..script("cost")
    };
    let body = body("priced-by-class", &script, json!({}));
    let answer = account.client.post("/v1/messages", &body).await.ok();
    // 0.003 + 15.38 + 0.1 + 5.5.
    assert_eq!(answer["usage"]["cost"], json!(20.983));
    assert_eq!(answer["usage"]["cache_read_input_tokens"], 1000);
    let mut streaming = body.clone();
    streaming["stream"] = true.into();
    let transcript = account.client.stream("/v1/messages", &streaming).await;
    let text = transcript.read().await.writes.concat();
    assert!(text.contains(r#""cost":20.983"#), "{text}");
    assert_eq!(account.usage(2).await["cost"], json!(41.966));
}

#[tokio::test]
async fn a_call_and_a_text_are_blocks_of_their_own() {
    let account = Account::new().await;
    let script = Script {
        tool_call: Some(ToolCall {
            id: "call_1".into(),
            name: "f".into(),
            arguments: json!({"a": "b"}),
        }),
        ..script("blocks")
    };
    let mut body = body("gpt-4", &script, json!({"stream": true}));
    body["tools"] = json!([{"name": "f", "input_schema": {"type": "object"}}]);
    let stream = account.client.stream("/v1/messages", &body).await;
    let text = stream.read().await.writes.concat();
    let names: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    assert_eq!(names.first(), Some(&"message_start"), "{text}");
    let ends = &names[names.len() - 3..];
    assert_eq!(
        ends,
        ["content_block_stop", "message_delta", "message_stop"],
        "{text}"
    );
    assert!(text.contains(r#""stop_reason":"tool_use""#), "{text}");
}
