//! Tool calls, both ways, by both of the providers' dialects.

use openclaw_conformance::{
    harness::{Account, Mock, chat, tag},
    upstream::{Script, ToolCall},
};
use serde_json::{Value, json};

const MODELS: [&str; 2] = ["gpt-4", "claude-3"];

fn arguments() -> Value {
    json!({"location": "Paris, \"FR\"", "days": [1, 2]})
}

fn calling(model: &str, tag: &str) -> Value {
    let script = Script {
        tag: tag.into(),
        tool_call: Some(ToolCall {
            id: "call_abc".into(),
            name: "get_weather".into(),
            arguments: arguments(),
        }),
        chunks: Some(5),
        ..Script::default()
    };
    let mut body = chat(model, &script);
    body["tools"] = json!([{
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather at a place",
            "parameters": {"type": "object", "properties": {"location": {"type": "string"}}},
        },
    }]);
    body["tool_choice"] = "auto".into();
    body
}

fn parsed(arguments: &str) -> Value {
    serde_json::from_str(arguments).unwrap_or_else(|_| panic!("no JSON: {arguments}"))
}

#[tokio::test]
async fn a_plain_answer_may_be_a_call() {
    let account = Account::new().await;
    for model in MODELS {
        let answer = account.client.chat(&calling(model, "")).await.ok();
        let choice = &answer["choices"][0];
        assert_eq!(choice["finish_reason"], "tool_calls");
        assert!(choice["message"]["content"].is_null(), "{choice}");
        let call = &choice["message"]["tool_calls"][0];
        assert_eq!(
            (&call["id"], &call["type"]),
            (&json!("call_abc"), &json!("function"))
        );
        assert_eq!(call["function"]["name"], "get_weather");
        let text = call["function"]["arguments"].as_str().unwrap();
        assert_eq!(parsed(text), arguments());
    }
}

#[tokio::test]
async fn a_call_may_be_streamed() {
    let account = Account::new().await;
    for model in MODELS {
        let body = calling(model, "");
        let streams = [
            account.client.stream_openai(&body).await,
            account.client.stream_seed(&body).await,
        ];
        for stream in streams {
            assert_eq!(stream.finish_reasons(), ["tool_calls"]);
            assert_eq!(parsed(&stream.tool_arguments()), arguments());
            let events = stream.events();
            let calls = events
                .iter()
                .map(|event| &event["choices"][0]["delta"]["tool_calls"][0]);
            let mut named = calls.filter(|call| !call["function"]["name"].is_null());
            let first = named.next().expect("a call with its name");
            assert_eq!(
                (&first["id"], &first["index"]),
                (&json!("call_abc"), &json!(0))
            );
            assert_eq!(first["function"]["name"], "get_weather");
            assert!(named.next().is_none(), "named once");
        }
    }
}

#[tokio::test]
async fn tools_reach_the_provider_in_its_own_form() {
    let account = Account::new().await;
    for model in MODELS {
        let tag = tag("tools");
        let body = calling(model, &tag);
        account.client.chat(&body).await.ok();
        let seen = Mock::get().report(&tag).await.seen.remove(0).body;
        if model == "gpt-4" {
            assert_eq!(
                (&seen["tools"], &seen["tool_choice"]),
                (&body["tools"], &json!("auto"))
            );
            continue;
        }
        let function = &body["tools"][0]["function"];
        let tool = &seen["tools"][0];
        assert_eq!(tool["name"], function["name"]);
        assert_eq!(tool["description"], function["description"]);
        assert_eq!(tool["input_schema"], function["parameters"]);
        assert_eq!(seen["tool_choice"], json!({"type": "auto"}), "{seen}");
    }
}

#[tokio::test]
async fn a_tools_result_reaches_the_provider() {
    let account = Account::new().await;
    for model in MODELS {
        let tag = tag("result");
        let script = Script {
            tag: tag.clone(),
            ..Script::default()
        };
        let call = json!({"id": "call_abc", "type": "function", "function": {
            "name": "get_weather", "arguments": "{\"location\":\"Paris\"}",
        }});
        let messages = json!([
            {"role": "user", "content": script.message()},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_abc", "content": "18 degrees"},
        ]);
        let body = json!({"model": model, "messages": messages});
        account.client.chat(&body).await.ok();
        let seen = Mock::get().report(&tag).await.seen.remove(0).body;
        if model == "gpt-4" {
            assert_eq!(seen["messages"], messages);
            continue;
        }
        let seen = seen["messages"].as_array().unwrap();
        let call = &seen[1]["content"][0];
        assert_eq!(
            (&call["type"], &call["id"]),
            (&json!("tool_use"), &json!("call_abc"))
        );
        assert_eq!(call["input"], json!({"location": "Paris"}));
        let result = &seen[2]["content"][0];
        assert_eq!(seen[2]["role"], "user");
        assert_eq!(result["type"], "tool_result");
        assert_eq!(result["tool_use_id"], "call_abc");
        assert!(
            result["content"].to_string().contains("18 degrees"),
            "{result}"
        );
    }
}
