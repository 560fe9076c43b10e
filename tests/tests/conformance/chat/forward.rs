//! What reaches the provider.

use openclaw_conformance::{
    harness::{ANTHROPIC_KEY, Account, Mock, OPENAI_KEY, chat, tag},
    upstream::{Script, Seen},
};
use serde_json::{Value, json};

/// Sends a request with these fields added; what the upstream saw of it.
async fn forwarded(model: &str, fields: Value) -> (Account, Seen) {
    let account = Account::new().await;
    let tag = tag("forward");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let mut body = chat(model, &script);
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    account.client.chat(&body).await.ok();
    let mut report = Mock::get().report(&tag).await;
    assert_eq!((report.requests, report.finished), (1, 1));
    (account, report.seen.remove(0))
}

#[tokio::test]
async fn fields_are_passed_on_whether_openai_knows_them_or_not() {
    let known = json!({
        "seed": 7,
        "top_p": 0.9,
        "stop": ["a", "b"],
        "logit_bias": {"50256": -100},
        "presence_penalty": 0.5,
        "frequency_penalty": -0.5,
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}},
        "logprobs": true,
        "top_logprobs": 3,
        "user": "someone",
        "metadata": {"a": "b"},
        "store": false,
        "parallel_tool_calls": false,
        "reasoning_effort": "low",
        "service_tier": "default",
        "max_completion_tokens": 77,
        "temperature": 1.25,
    });
    let newer = json!({
        "prompt_cache_retention": "24h",
        "prompt_cache_options": {"mode": "explicit"},
        "moderation": {"model": "omni-moderation-latest"},
    });
    let vendors = json!({
        "chat_template_kwargs": {"enable_thinking": false},
        "top_k": 20,
        "min_p": 0.05,
        "repetition_penalty": 1.1,
        "reasoning": {"effort": "low"},
        "provider": {"order": ["x"]},
        "thinking": {"type": "disabled"},
        "num_ctx": 8192,
    });
    let mut fields = known;
    for more in [newer, vendors] {
        let more = more.as_object().unwrap().clone();
        fields.as_object_mut().unwrap().extend(more);
    }
    let (_, seen) = forwarded("gpt-4", fields.clone()).await;
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(seen.body[name], *value, "{name}");
    }
    let (_, seen) = forwarded("gpt-4", json!({"skills": ["weather-skill"]})).await;
    assert!(seen.body.get("skills").is_none(), "the gateway's own");
    assert_eq!(seen.body["model"], "gpt-4-0613");
    assert_eq!(seen.path, "/v1/chat/completions");
}

#[tokio::test]
async fn the_providers_credentials_are_sent_and_the_callers_are_not() {
    let (account, openai) = forwarded("gpt-4", json!({})).await;
    let (other, anthropic) = forwarded("claude-3", json!({})).await;
    let (third, keyless) = forwarded("keyless", json!({})).await;
    assert_eq!(
        openai.headers["authorization"],
        format!("Bearer {OPENAI_KEY}")
    );
    assert_eq!(anthropic.headers["x-api-key"], ANTHROPIC_KEY);
    assert_eq!(anthropic.headers["anthropic-version"], "2023-06-01");
    assert_eq!(anthropic.path, "/v1/messages");
    assert!(
        !keyless.headers.contains_key("authorization"),
        "{keyless:?}"
    );
    assert_eq!(keyless.path, "/v1/chat/completions");
    for (seen, account) in [(openai, account), (anthropic, other), (keyless, third)] {
        assert_eq!(seen.headers["content-type"], "application/json");
        assert!(!format!("{seen:?}").contains(&account.key.secret));
    }
}

#[tokio::test]
async fn a_message_stays_as_it_came() {
    let account = Account::new().await;
    let tag = tag("parts");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let messages = json!([
        {"role": "system", "content": "Be brief.", "name": "boss"},
        {"role": "user", "content": [
            {"type": "text", "text": script.message()},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}},
        ]},
    ]);
    let body = json!({"model": "gpt-4", "messages": messages});
    account.client.chat(&body).await.ok();
    let seen = Mock::get().report(&tag).await.seen.remove(0);
    assert_eq!(seen.body["messages"], messages);
}

#[tokio::test]
async fn anthropic_gets_its_own_form() {
    let account = Account::new().await;
    let tag = tag("anthropic");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let body = json!({
        "model": "claude-3",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hi"},
            {"role": "user", "content": script.message()},
        ],
        "stop": "END",
        "temperature": 0.5,
    });
    account.client.chat(&body).await.ok();
    let seen = Mock::get().report(&tag).await.seen.remove(0).body;
    assert_eq!(seen["model"], "claude-3-opus-20240229");
    assert_eq!(seen["max_tokens"], 4096);
    assert_eq!(seen["stop_sequences"], json!(["END"]));
    assert_eq!(seen["temperature"], 0.5);
    assert!(seen["system"].to_string().contains("Be brief."), "{seen}");
    let messages = seen["messages"].as_array().unwrap();
    let roles: Vec<_> = messages
        .iter()
        .map(|message| message["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert!(messages[0].to_string().contains("Hello"), "{seen}");
    assert!(seen.get("stop").is_none(), "{seen}");
}

#[tokio::test]
async fn a_models_defaults_fill_what_the_caller_left_out() {
    let (_, seen) = forwarded("with-defaults", json!({})).await;
    assert_eq!(seen.body["stop"], json!(["\n\n"]));
    assert_eq!(seen.body["temperature"], 0.5);
    let (_, seen) = forwarded("with-defaults", json!({"stop": "x", "temperature": null})).await;
    assert_eq!(seen.body["stop"], "x");
    assert_eq!(seen.body["temperature"], 0.5);
}
