//! Claude in OpenAI's format: requests as clients really send them, and its own kinds of answer.

use openclaw_conformance::{
    harness::{Account, Mock, chat, tag},
    upstream::{Script, Usage},
};
use serde_json::{Value, json};

/// A generation without structured outputs and thinking of its own, and one with both.
const OLD: &str = "claude-3";
const NEW: &str = "claude-4";

/// Sends a request with these fields; what Anthropic saw of it. The script is its last message,
/// after those that are given.
async fn forwarded(model: &str, mut fields: Value) -> Value {
    let account = Account::new().await;
    let tag = tag("anthropic");
    let script = Script {
        tag: tag.clone(),
        ..Script::default()
    };
    let mut body = chat(model, &script);
    if let Some(Value::Array(before)) = fields.get_mut("messages") {
        before.push(body["messages"][0].take());
    }
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    account.client.chat(&body).await.ok();
    Mock::get().report(&tag).await.seen.remove(0).body
}

#[tokio::test]
async fn conversations_of_other_vendors_are_taken() {
    let call = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}});
    let seen = forwarded(OLD, json!({"messages": [
        {"role": "assistant", "content": "Hello, how can I help?"},
        {"role": "user", "content": " "},
        {"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "data:image/jpg;base64,/9j/4AAQSkZJRgABAQ=="}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}},
        ]},
        {"role": "assistant", "tool_calls": [call("functions.f:0", "{\"a\":"), call("functions.f:1", "{}")]},
        {"role": "tool", "tool_call_id": "functions.f:0", "content": "one"},
        {"role": "tool", "tool_call_id": "functions.f:1", "content": "two"},
    ], "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]})).await;
    let turns = seen["messages"].as_array().unwrap();
    let roles: Vec<_> = turns
        .iter()
        .map(|turn| turn["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"]);
    let kinds = |turn: usize| -> Vec<_> {
        let blocks = turns[turn]["content"].as_array().unwrap().iter();
        blocks
            .map(|block| block["type"].as_str().unwrap())
            .collect()
    };
    assert_eq!(kinds(2), ["image", "document"]);
    assert_eq!(turns[2]["content"][0]["source"]["media_type"], "image/jpeg");
    assert_eq!(kinds(4), ["tool_result", "tool_result", "text"]);
    let (calls, results) = (&turns[3]["content"], &turns[4]["content"]);
    for (call, result) in [(&calls[0], &results[0]), (&calls[1], &results[1])] {
        let id = call["id"].as_str().unwrap();
        assert_eq!(result["tool_use_id"], id);
        assert!(!id.contains([':', '.']), "{id}");
    }
    assert_ne!(calls[0]["id"], calls[1]["id"]);
    assert_eq!(
        turns[3]["content"][0]["input"],
        json!({"arguments": "{\"a\":"})
    );
    assert_eq!(
        seen["tools"][0]["input_schema"],
        json!({"type": "object", "properties": {}})
    );
}

#[tokio::test]
async fn fields_that_claude_refuses_are_put_right() {
    let fields = json!({"temperature": 0.7, "top_p": 0.9, "stop": ["\n", "END"], "user": "jane.doe@example.com"});
    let seen = forwarded(NEW, fields.clone()).await;
    assert_eq!(
        (&seen["temperature"], &seen["top_p"]),
        (&json!(0.7), &json!(null))
    );
    assert_eq!(seen["stop_sequences"], json!(["END"]));
    let user = seen["metadata"]["user_id"].as_str().unwrap();
    assert!(!user.contains('@') && user.len() > 32, "{user}");
    let seen = forwarded(OLD, fields).await;
    assert_eq!(
        (&seen["temperature"], &seen["top_p"]),
        (&json!(0.7), &json!(0.9))
    );
}

#[tokio::test]
async fn a_system_prompt_alone_is_answered() {
    let account = Account::new().await;
    let script = Script::default().message();
    let body = json!({"model": OLD, "messages": [{"role": "system", "content": script}]});
    let answer = account.client.chat(&body).await.ok();
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn cache_breakpoints_reach_anthropic() {
    let breakpoint = json!({"type": "ephemeral"});
    let system = json!([{"type": "text", "text": "long", "cache_control": breakpoint}]);
    let messages = json!([{"role": "system", "content": system}]);
    let seen = forwarded(OLD, json!({"messages": messages})).await;
    assert_eq!(seen["system"], system);
}

#[tokio::test]
async fn a_picture_in_a_system_message_is_refused_by_name() {
    let account = Account::new().await;
    let picture = json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}});
    let body = json!({"model": OLD, "messages": [
        {"role": "system", "content": [picture]}, {"role": "user", "content": "x"},
    ]});
    account
        .client
        .chat(&body)
        .await
        .blames("messages[0].content");
}

fn answering() -> Value {
    json!({"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {
        "type": "object", "properties": {"answer": {"type": "integer"}},
        "required": ["answer"], "additionalProperties": false,
    }}}})
}

#[tokio::test]
async fn an_answers_form_is_asked_for_as_each_generation_knows_it() {
    let schema = answering()["response_format"]["json_schema"]["schema"].clone();
    let seen = forwarded(NEW, answering()).await;
    assert_eq!(
        seen["output_config"]["format"],
        json!({"type": "json_schema", "schema": schema})
    );
    let seen = forwarded(OLD, answering()).await;
    assert_eq!(seen["tools"][0]["input_schema"], schema);
    assert_eq!(seen["tool_choice"]["name"], seen["tools"][0]["name"]);
}

/// The input of the tool that a model without structured outputs must call is content to the caller.
#[tokio::test]
async fn a_forced_tools_input_is_the_content() {
    let account = Account::new().await;
    let json = r#"{"answer":42}"#;
    let script = Script {
        text: Some(json.into()),
        ..Script::default()
    };
    for model in [OLD, NEW] {
        let mut body = chat(model, &script);
        body["response_format"] = answering()["response_format"].clone();
        let answer = account.client.chat(&body).await.ok();
        let choice = &answer["choices"][0];
        assert_eq!(choice["finish_reason"], "stop");
        assert_eq!(choice["message"]["content"], json, "{model}");
        assert!(choice["message"].get("tool_calls").is_none(), "{choice}");
        for stream in [
            account.client.stream_openai(&body).await,
            account.client.stream_seed(&body).await,
        ] {
            assert_eq!(stream.text(), json, "{model}");
            assert_eq!(stream.finish_reasons(), ["stop"]);
        }
    }
}

#[tokio::test]
async fn thinking_comes_and_goes() {
    let account = Account::new().await;
    let tag = tag("thinking");
    let script = |thinking: Option<&str>| Script {
        tag: tag.clone(),
        thinking: thinking.map(Into::into),
        ..Script::default()
    };
    let mut body = chat(NEW, &script(Some("Let me think")));
    body["reasoning_effort"] = json!("low");
    let answer = account.client.chat(&body).await.ok();
    let message = &answer["choices"][0]["message"];
    assert_eq!(message["reasoning_content"], "Let me think");
    let mut again = chat(NEW, &script(None));
    let next = again["messages"][0].take();
    again["messages"] = json!([{"role": "user", "content": "x"}, message, next]);
    account.client.chat(&again).await.ok();

    let seen = Mock::get().report(&tag).await.seen;
    assert_eq!(
        seen[0].body["thinking"],
        json!({"type": "enabled", "budget_tokens": 12_800})
    );
    let block = &seen[1].body["messages"][1]["content"][0];
    assert_eq!(
        (&block["type"], &block["thinking"]),
        (&json!("thinking"), &json!("Let me think"))
    );
    assert!(
        block["signature"]
            .as_str()
            .is_some_and(|signature| !signature.is_empty())
    );

    let events = account.client.stream_openai(&body).await.events();
    let deltas = events.iter().map(|event| &event["choices"][0]["delta"]);
    let thought: String = deltas
        .filter_map(|delta| delta["reasoning_content"].as_str())
        .collect();
    assert_eq!(thought, "Let me think");
}

#[tokio::test]
async fn cached_tokens_are_counted_and_shown() {
    let account = Account::new().await;
    let script = Script {
        usage: Some(Usage {
            prompt_tokens: 3,
            completion_tokens: 5,
        }),
        cache_read_tokens: 1000,
        cache_write_tokens: 200,
        ..Script::default()
    };
    let answer = account.client.chat(&chat(OLD, &script)).await.ok();
    let usage = &answer["usage"];
    assert_eq!(
        (&usage["prompt_tokens"], &usage["completion_tokens"]),
        (&json!(1203), &json!(5))
    );
    let details = &usage["prompt_tokens_details"];
    assert_eq!(
        (&details["cached_tokens"], &details["cache_write_tokens"]),
        (&json!(1000), &json!(200))
    );
    let total = account.usage(1).await;
    assert_eq!(
        (&total["prompt_tokens"], &total["completion_tokens"]),
        (&json!(1203), &json!(5))
    );
}
