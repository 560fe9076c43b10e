//! OpenAI's Responses API: as it came at a target that has it, converted at all others.

use openclaw_conformance::{
    harness::{Account, Mock, node, python, run, tag},
    upstream::Script,
};
use serde_json::json;

async fn passes(command: tokio::process::Command, file: &str) {
    let account = Account::new().await;
    let said = run(command, file, &account.key.secret).await;
    assert!(said.ends_with("all checks passed\n"), "{said}");
}

#[tokio::test]
async fn openais_python_sdk_works() {
    passes(python(), "sdk/python/openai_responses.py").await;
}

#[tokio::test]
async fn openais_node_sdk_works() {
    passes(node(), "sdk/node/openai_responses.cjs").await;
}

#[tokio::test]
async fn a_request_is_converted() {
    let account = Account::new().await;
    let tag = tag("responses");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let body = json!({
        "model": "gpt-4",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "first"},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "another vendor's"},
            {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
            {"type": "function_call", "call_id": "call_2", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "one"},
            {"type": "function_call_output", "call_id": "call_2",
                "output": [{"type": "input_text", "text": "two"}]},
            {"role": "user", "content": [{"type": "input_text", "text": script.message()},
                {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low"}]},
        ],
        "max_output_tokens": 50,
        "reasoning": {"effort": "low"},
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": true}],
        "tool_choice": {"type": "function", "name": "f"},
        "text": {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}, "strict": true}},
        "store": false,
    });
    let answer = account.client.post("/v1/responses", &body).await.ok();
    assert_eq!(answer["store"], false);
    let seen = Mock::get().report(&tag).await.seen.remove(0).body;
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    assert_eq!(
        seen,
        json!({
            "model": "gpt-4-0613",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": null, "tool_calls": [call("call_1"), call("call_2")]},
                {"role": "tool", "tool_call_id": "call_1", "content": "one"},
                {"role": "tool", "tool_call_id": "call_2", "content": "two"},
                {"role": "user", "content": [{"type": "text", "text": script.message()},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}]},
            ],
            "max_completion_tokens": 50,
            "reasoning_effort": "low",
            "response_format": {"type": "json_schema",
                "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": true}},
            "tools": [{"type": "function", "function":
                {"name": "f", "parameters": {"type": "object"}, "strict": true}}],
            "tool_choice": {"type": "function", "function": {"name": "f"}},
        })
    );
    let id = answer["id"].as_str().unwrap();
    let reply = account.client.get(&format!("/v1/responses/{id}")).await;
    assert_eq!(reply.status, 404, "it was not to be kept");
}

#[tokio::test]
async fn a_target_that_has_it_gets_it_as_it_came() {
    let account = Account::new().await;
    let tag = tag("verbatim");
    let body = json!({
        "model": "responder", "input": "hello", "user": tag,
        "tools": [{"type": "web_search"}], "tomorrows_field": {"a": 1},
    });
    let answer = account.client.post("/v1/responses", &body).await.ok();
    assert_eq!(answer["output"][0]["content"][0]["text"], "from afar");
    assert_eq!(answer["usage"]["output_tokens"], 4);
    assert!(
        answer["usage"]["cost"].is_number() && answer["id"] != "resp_upstream",
        "{answer}"
    );
    let mut more = body.clone();
    more["previous_response_id"] = answer["id"].clone();
    more["stream"] = true.into();
    let stream = account.client.stream("/v1/responses", &more).await;
    let events = stream.read().await.events();
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["previous_response_id"], answer["id"]);
    let kept = last["response"]["id"].as_str().unwrap();
    let kept = account
        .client
        .get(&format!("/v1/responses/{kept}"))
        .await
        .ok();
    assert_eq!(kept["output"], answer["output"]);
    let seen = Mock::get().report(&tag).await.seen;
    assert_eq!(seen[0].path, "/v1/responses");
    assert_eq!(seen[0].body["tools"], body["tools"]);
    assert_eq!(seen[0].body["tomorrows_field"], body["tomorrows_field"]);
    // Nothing is kept there, where all accounts are one.
    assert_eq!(seen[1].body["store"], false);
    assert_eq!(seen[1].body.get("previous_response_id"), None);
    assert_eq!(seen[1].body["input"].as_array().map(Vec::len), Some(3));
    let usage = account.usage(2).await;
    assert_eq!(usage["completion_tokens"], 8, "{usage}");
}

#[tokio::test]
async fn responses_are_an_accounts_own() {
    let [one, other] = [Account::new().await, Account::new().await];
    let body = json!({"model": "gpt-4", "input": "hello"});
    let id = one.client.post("/v1/responses", &body).await.ok()["id"].clone();
    let path = format!("/v1/responses/{}", id.as_str().unwrap());
    assert_eq!(other.client.get(&path).await.status, 404);
    assert_eq!(other.client.delete(&path).await.status, 404);
    one.client.get(&path).await.ok();
    let cancelled = one.client.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!(cancelled.status, 400);
    for (fields, name) in [
        (json!({"input": 7}), "input"),
        (
            json!({"input": [{"role": "user", "content": "x"}, {"type": "image_generation_call"}]}),
            "input[1].type",
        ),
        (
            json!({"input": [{"role": "robot", "content": "x"}]}),
            "input[0].role",
        ),
        (json!({"conversation": "conv_1"}), "conversation"),
    ] {
        let mut wrong = body.clone();
        for (field, value) in fields.as_object().unwrap() {
            wrong[field] = value.clone();
        }
        let reply = one.client.post("/v1/responses", &wrong).await;
        assert_eq!(reply.status, 400, "{fields}");
        assert_eq!(reply.json()["error"]["param"], name, "{fields}");
    }
}
