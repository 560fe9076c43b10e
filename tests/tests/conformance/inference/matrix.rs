//! Callers' dialects × providers' dialects × plain and stream × what is said: one table of cases, and one
//! expectation of each, whoever asks whom.

use openclaw_conformance::{
    harness::{Account, Mock, tag},
    upstream::{Script, ToolCall, Usage},
};
use serde_json::{Value, json};

/// Models by the dialect of their provider, and whether its double can think and cache.
const PROVIDERS: [(&str, bool); 4] = [
    ("gpt-4", false),
    ("claude-4", true),
    ("gemini-2", true),
    ("claude-bedrock", true),
];

const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ";

/// What an answer says, in nobody's dialect.
#[derive(Debug, Default, PartialEq)]
struct Said {
    text: String,
    thinking: String,
    /// Names and arguments.
    calls: Vec<(String, Value)>,
    stops_for_calls: bool,
    tokens_in: u64,
    cached: u64,
    tokens_out: u64,
}

/// A caller's dialect.
struct Caller {
    name: &'static str,
    path: &'static str,
    /// A request whose last turn is this text, with a picture or without.
    ask: fn(&str, &str, bool) -> Value,
    read: fn(&Value) -> Said,
    read_stream: fn(&[Value]) -> Said,
    /// Whether a stream's last event says that it failed.
    failed: fn(&Value) -> bool,
}

const CALLERS: [Caller; 3] = [
    Caller {
        name: "chat",
        path: "/v1/chat/completions",
        ask: ask_chat,
        read: read_chat,
        read_stream: read_chunks,
        failed: |last| last["error"]["code"].is_string(),
    },
    Caller {
        name: "messages",
        path: "/v1/messages",
        ask: ask_messages,
        read: read_message,
        read_stream: read_message_events,
        failed: |last| last["type"] == "error",
    },
    Caller {
        name: "responses",
        path: "/v1/responses",
        ask: ask_responses,
        read: read_response,
        read_stream: read_response_events,
        failed: |last| last["type"] == "response.failed",
    },
];

fn ask_chat(model: &str, text: &str, picture: bool) -> Value {
    let url = format!("data:image/png;base64,{PICTURE}");
    let content = match picture {
        false => json!(text),
        true => {
            json!([{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}])
        }
    };
    json!({"model": model, "max_tokens": 2000, "messages": [{"role": "user", "content": content}],
        "stream_options": {"include_usage": true}})
}

fn ask_messages(model: &str, text: &str, picture: bool) -> Value {
    let source = json!({"type": "base64", "media_type": "image/png", "data": PICTURE});
    let content = match picture {
        false => json!(text),
        true => json!([{"type": "text", "text": text}, {"type": "image", "source": source}]),
    };
    json!({"model": model, "max_tokens": 2000, "messages": [{"role": "user", "content": content}]})
}

fn ask_responses(model: &str, text: &str, picture: bool) -> Value {
    let url = format!("data:image/png;base64,{PICTURE}");
    let mut content = vec![json!({"type": "input_text", "text": text})];
    content.extend(
        picture.then(|| json!({"type": "input_image", "image_url": url, "detail": "auto"})),
    );
    json!({"model": model, "max_output_tokens": 2000, "input": [{"role": "user", "content": content}]})
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn arguments(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| panic!("no JSON: {json}"))
}

fn count_chat(said: &mut Said, usage: &Value) {
    said.tokens_in = usage["prompt_tokens"].as_u64().unwrap();
    said.tokens_out = usage["completion_tokens"].as_u64().unwrap();
    let cached = &usage["prompt_tokens_details"]["cached_tokens"];
    said.cached = cached.as_u64().unwrap_or_default();
}

fn read_chat(answer: &Value) -> Said {
    let choice = &answer["choices"][0];
    let message = &choice["message"];
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    let calls = calls.map(|call| {
        let function = &call["function"];
        (
            text(&function["name"]).into(),
            arguments(text(&function["arguments"])),
        )
    });
    let mut said = Said {
        text: text(&message["content"]).into(),
        thinking: text(&message["reasoning_content"]).into(),
        calls: calls.collect(),
        stops_for_calls: choice["finish_reason"] == "tool_calls",
        ..Said::default()
    };
    count_chat(&mut said, &answer["usage"]);
    said
}

fn read_chunks(events: &[Value]) -> Said {
    let mut said = Said::default();
    let mut calls: Vec<(String, String)> = vec![];
    for event in events {
        let choice = &event["choices"][0];
        let delta = &choice["delta"];
        said.text += text(&delta["content"]);
        said.thinking += text(&delta["reasoning_content"]);
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let at = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            calls.resize_with(calls.len().max(at + 1), Default::default);
            calls[at].0 += text(&call["function"]["name"]);
            calls[at].1 += text(&call["function"]["arguments"]);
        }
        said.stops_for_calls |= choice["finish_reason"] == "tool_calls";
        if event["usage"].is_object() {
            count_chat(&mut said, &event["usage"]);
        }
    }
    let calls = calls.into_iter();
    said.calls = calls.map(|(name, json)| (name, arguments(&json))).collect();
    said
}

fn count_message(said: &mut Said, usage: &Value) {
    let count = |name: &str| usage[name].as_u64().unwrap_or_default();
    said.cached = count("cache_read_input_tokens");
    said.tokens_in = count("input_tokens") + said.cached + count("cache_creation_input_tokens");
    said.tokens_out = count("output_tokens");
}

fn read_message(message: &Value) -> Said {
    let mut said = Said {
        stops_for_calls: message["stop_reason"] == "tool_use",
        ..Said::default()
    };
    for block in message["content"].as_array().unwrap() {
        match text(&block["type"]) {
            "text" => said.text += text(&block["text"]),
            "thinking" => said.thinking += text(&block["thinking"]),
            "tool_use" => said
                .calls
                .push((text(&block["name"]).into(), block["input"].clone())),
            other => panic!("a block {other}"),
        }
    }
    count_message(&mut said, &message["usage"]);
    said
}

fn read_message_events(events: &[Value]) -> Said {
    let (mut said, mut jsons) = (Said::default(), vec![]);
    for event in events {
        let delta = &event["delta"];
        match text(&event["type"]) {
            "content_block_start" if event["content_block"]["type"] == "tool_use" => {
                jsons.push((
                    text(&event["content_block"]["name"]).to_owned(),
                    String::new(),
                ));
            }
            "content_block_delta" => {
                said.text += text(&delta["text"]);
                said.thinking += text(&delta["thinking"]);
                if let (Some((_, json)), Some(more)) =
                    (jsons.last_mut(), delta["partial_json"].as_str())
                {
                    json.push_str(more);
                }
            }
            "message_delta" => {
                said.stops_for_calls = delta["stop_reason"] == "tool_use";
                count_message(&mut said, &event["usage"]);
            }
            _ => {}
        }
    }
    assert_eq!(events.last().unwrap()["type"], "message_stop");
    let calls = jsons.into_iter();
    said.calls = calls.map(|(name, json)| (name, arguments(&json))).collect();
    said
}

fn read_response(response: &Value) -> Said {
    let mut said = Said::default();
    for item in response["output"].as_array().unwrap() {
        let content = item["content"].as_array().into_iter().flatten();
        let texts: String = content.map(|part| text(&part["text"])).collect();
        match text(&item["type"]) {
            "message" => said.text += &texts,
            "reasoning" => said.thinking += &texts,
            "function_call" => {
                let call = (
                    text(&item["name"]).into(),
                    arguments(text(&item["arguments"])),
                );
                said.calls.push(call);
                said.stops_for_calls = true;
            }
            other => panic!("an item {other}"),
        }
    }
    let usage = &response["usage"];
    said.tokens_in = usage["input_tokens"].as_u64().unwrap();
    said.tokens_out = usage["output_tokens"].as_u64().unwrap();
    said.cached = usage["input_tokens_details"]["cached_tokens"]
        .as_u64()
        .unwrap();
    said
}

fn read_response_events(events: &[Value]) -> Said {
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.completed");
    let numbers = events
        .iter()
        .map(|event| event["sequence_number"].as_u64().unwrap());
    assert!(numbers.eq(0..events.len() as u64));
    let said = read_response(&last["response"]);
    let deltas = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta");
    let deltas: String = deltas.map(|event| text(&event["delta"])).collect();
    assert_eq!(deltas, said.text);
    said
}

fn call(id: &str, name: &str, arguments: Value) -> ToolCall {
    ToolCall {
        id: id.into(),
        name: name.into(),
        arguments,
    }
}

/// A name, what the provider is told to say, and whether a picture goes with the question.
fn cases() -> Vec<(&'static str, Script, bool)> {
    let usage = Some(Usage {
        prompt_tokens: 12,
        completion_tokens: 7,
    });
    let says = |text: &str| Script {
        text: Some(text.into()),
        usage,
        ..Script::default()
    };
    let calls = |more: Vec<ToolCall>| Script {
        tool_call: Some(call("call_1", "look", json!({"at": 1, "of": "é\n\"x\""}))),
        more_calls: more,
        usage,
        ..Script::default()
    };
    vec![
        ("text", says("one two three"), false),
        (
            "text of all kinds",
            says("é \"quoted\"\n\t{\"a\": 1} 🙂"),
            false,
        ),
        ("a picture", says("a dot"), true),
        ("a call", calls(vec![]), false),
        (
            "parallel calls",
            calls(vec![call("call_2", "hear", json!({}))]),
            false,
        ),
        (
            "thinking",
            Script {
                thinking: Some("hm, let me see".into()),
                ..says("one two")
            },
            false,
        ),
        (
            "a cache",
            Script {
                cache_read_tokens: 30,
                ..says("one two")
            },
            false,
        ),
    ]
}

fn expected(script: &Script, is_able: bool) -> Said {
    let calls: Vec<_> = script.tool_call.iter().chain(&script.more_calls).collect();
    let cached = if is_able { script.cache_read_tokens } else { 0 };
    Said {
        text: match calls.is_empty() {
            true => script.text.clone().unwrap(),
            false => String::new(),
        },
        thinking: script
            .thinking
            .clone()
            .filter(|_| is_able)
            .unwrap_or_default(),
        stops_for_calls: !calls.is_empty(),
        calls: calls
            .iter()
            .map(|call| (call.name.clone(), call.arguments.clone()))
            .collect(),
        tokens_in: 12 + cached,
        cached,
        tokens_out: 7,
    }
}

#[tokio::test]
async fn whoever_asks_whom_is_told_the_same() {
    let account = Account::new().await;
    for (name, script, picture) in cases() {
        for (model, is_able) in PROVIDERS {
            for caller in &CALLERS {
                let what = format!("{name}: {} at {model}", caller.name);
                let script = Script {
                    tag: tag("matrix"),
                    ..script.clone()
                };
                let mut asked = (caller.ask)(model, &script.message(), picture);
                let expected = expected(&script, is_able);
                let options = asked.as_object_mut().unwrap().remove("stream_options");
                let plain = account.client.post(caller.path, &asked).await.ok();
                assert_eq!((caller.read)(&plain), expected, "{what}");
                asked["stream"] = true.into();
                if let Some(options) = options {
                    asked["stream_options"] = options;
                }
                let stream = account
                    .client
                    .stream(caller.path, &asked)
                    .await
                    .read()
                    .await;
                assert_eq!(
                    (caller.read_stream)(&stream.events()),
                    expected,
                    "{what}, streamed"
                );
                for seen in Mock::get().report(&script.tag).await.seen {
                    assert_eq!(seen.body.to_string().contains(PICTURE), picture, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn failures_look_like_failures_to_everybody() {
    let account = Account::new().await;
    for (model, _) in PROVIDERS {
        for caller in &CALLERS {
            let what = format!("{} at {model}", caller.name);
            // Before anything of an answer is there.
            let refusing = Script {
                tag: tag("matrix"),
                status: Some(400),
                ..Script::default()
            };
            let mut asked = (caller.ask)(model, &refusing.message(), false);
            for stream in [false, true] {
                if !stream {
                    asked.as_object_mut().unwrap().remove("stream_options");
                }
                asked["stream"] = stream.into();
                let refused = account.client.post(caller.path, &asked).await;
                assert_eq!(refused.status, 400, "{what}: {}", refused.text());
                assert!(refused.json()["error"]["message"].is_string(), "{what}");
            }
            // After it.
            let cut = Script {
                tag: tag("matrix"),
                text: Some("one two three".into()),
                cut_after: Some(1),
                ..Script::default()
            };
            let mut asked = (caller.ask)(model, &cut.message(), false);
            asked["stream"] = true.into();
            let stream = account
                .client
                .stream(caller.path, &asked)
                .await
                .read()
                .await;
            let events = stream.events();
            assert!(
                (caller.failed)(events.last().unwrap()),
                "{what}: {events:?}"
            );
            assert!(!stream.writes.concat().contains("[DONE]"), "{what}");
        }
    }
}
