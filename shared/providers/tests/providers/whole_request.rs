//! A request survives its conversion: whatever a caller says reaches Anthropic, once and in its order, and
//! what is sent keeps the rules that Anthropic documents. A provider of OpenAI's dialect gets it as it came.

use crate::{
    fakes::Answer,
    world::{World, one_target},
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

const CLAUDE: &str = "claude-sonnet-4-5";

/// The body sent for a request.
fn sent(dialect: &str, request: &Value) -> Value {
    let mut config = one_target(dialect, json!({"attempts": 1}));
    config["models"][0]["targets"][0]["model"] = json!(CLAUDE);
    config["models"][0]["context_length"] = json!(200_000);
    let world = World::new(config, vec![Answer::json(500, "{}")]);
    drop(world.complete(&request.to_string()));
    serde_json::from_slice(world.last_request().body()).unwrap()
}

/// A text, which may be empty or blank, and may begin or end in white space.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ \n]?[a-z\"\\\\é😀]{1,9}[ \n]?", 1 => "[ \n\t]{0,2}"]
}

/// What one side says of its own: a text, or parts.
fn content() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        3 => text().prop_map(|text| json!({"type": "text", "text": text})),
        1 => "[a-z]{1,5}".prop_map(|name| json!({"type": "image_url", "image_url": {"url": format!("https://a.test/{name}")}})),
        1 => Just(json!({"type": "image_url", "image_url": {"url": "data:image/jpg;base64,/9j/4AAQSkZJRgABAQ=="}})),
        1 => Just(json!({"type": "file", "file": {"filename": "a", "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}})),
    ];
    prop_oneof![
        text().prop_map(Value::from),
        vec(part, 1..4).prop_map(Value::from)
    ]
}

/// A call: its id as some vendor makes it, its arguments as some model writes them, its answer.
fn call() -> impl Strategy<Value = (Value, Value)> {
    let id = prop_oneof![
        "[a-c]",
        "call_[a-z0-9]{2}",
        "functions\\.f:[0-3]",
        ".{0,70}"
    ];
    let arguments = prop_oneof![
        "[a-z]{0,4}".prop_map(|text| json!({ "a": text }).to_string()),
        Just(String::new()),
        Just("{\"a\":".into()),
        Just("[1]".into()),
        ".{0,8}",
    ];
    let answer = prop_oneof![
        text().prop_map(Value::from),
        text().prop_map(|text| json!([{"type": "text", "text": text}])),
    ];
    (id, "[fg]", arguments, answer).prop_map(|(id, name, arguments, answer)| {
        let function = json!({"name": name, "arguments": arguments});
        let call = json!({"id": id, "type": "function", "function": function});
        (
            call,
            json!({"role": "tool", "tool_call_id": id, "content": answer}),
        )
    })
}

/// Messages that OpenAI takes: each call is answered before anything else is said.
fn exchange() -> impl Strategy<Value = Vec<Value>> {
    let says = |roles: &'static [&'static str], content: BoxedStrategy<Value>| {
        (prop::sample::select(roles), content)
            .prop_map(|(role, content)| vec![json!({"role": role, "content": content})])
    };
    let assistant = (option::of(text()), vec(call(), 0..4)).prop_map(|(said, calls)| {
        let (calls, answers): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
        let mut message = json!({"role": "assistant", "content": said});
        if !calls.is_empty() {
            message["tool_calls"] = calls.into();
        } else if said.is_none() {
            message["content"] = "".into();
        }
        [vec![message], answers].concat()
    });
    prop_oneof![
        1 => says(&["system", "developer"], text().prop_map(Value::from).boxed()),
        3 => says(&["user"], content().boxed()),
        3 => assistant,
    ]
}

fn fields() -> impl Strategy<Value = Map<String, Value>> {
    let any = |values: Vec<Value>| option::of(prop::sample::select(values));
    let parameters = vec![
        json!({}),
        json!(null),
        json!({"type": "object", "properties": {"a": {}}}),
    ];
    (
        any(vec![json!(0), json!(0.7), json!(1), json!(1.9)]),
        any(vec![json!(0.1), json!(0.9)]),
        any(vec![json!("\n"), json!(["\n", "END"]), json!("a ")]),
        any(vec![json!("u1"), json!("jane.doe@example.com"), json!("+49 170 1234567")]),
        any(vec![json!("auto"), json!("none"), json!("required")]),
        prop::sample::select(parameters),
    )
        .prop_map(|(temperature, top_p, stop, user, tool_choice, parameters)| {
            let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": parameters}});
            let fields = [
                ("temperature", temperature),
                ("top_p", top_p),
                ("stop", stop),
                ("user", user),
                ("tool_choice", tool_choice),
                ("tools", Some(json!([tool("f"), tool("g")]))),
            ];
            let given = fields.into_iter();
            given.filter_map(|(name, value)| Some((name.into(), value?))).collect()
        })
}

fn request() -> impl Strategy<Value = Value> {
    (vec(exchange(), 0..6), "[a-z]{1,5}", fields(), any::<bool>()).prop_map(
        |(exchanges, last, fields, ends_with_user)| {
            let mut messages = exchanges.concat();
            let user = json!({"role": "user", "content": last});
            match ends_with_user {
                true => messages.push(user),
                false => messages.insert(0, user),
            }
            let mut request = Value::from(fields);
            request["model"] = "m".into();
            request["messages"] = messages.into();
            request
        },
    )
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The number of the call with this id that was not answered yet: some vendors number calls anew.
fn answered(open: &mut Vec<(String, usize)>, id: &Value) -> usize {
    let id = id.as_str().unwrap();
    let at = open.iter().position(|(known, _)| known == id).expect(id);
    open.remove(at).1
}

/// What is said in OpenAI's words: who says what, calls and answers by the number of the call.
fn said_to_openai(messages: &[Value]) -> Vec<Value> {
    let (mut said, mut open, mut calls) = (vec![], vec![], 0);
    for message in messages {
        let role = message["role"].as_str().unwrap();
        let content = match &message["content"] {
            Value::String(text) => vec![json!({"type": "text", "text": text})],
            Value::Array(parts) => parts.clone(),
            _ => vec![],
        };
        let blocks = content
            .iter()
            .filter_map(|part| match part["type"].as_str().unwrap() {
                "text" if is_blank(part["text"].as_str().unwrap()) => None,
                "text" => Some(part["text"].clone()),
                "image_url" => Some(json!({"image": part["image_url"]["url"]})),
                _ => Some(json!({"document": part["file"]["file_data"]})),
            });
        match role {
            "system" | "developer" => {}
            "tool" => {
                let number = answered(&mut open, &message["tool_call_id"]);
                said.push(json!({"answers": number, "with": Vec::from_iter(blocks)}));
            }
            _ => said.extend(blocks.map(|block| json!({ role: block }))),
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let arguments = call["function"]["arguments"].as_str().unwrap();
            let input = match serde_json::from_str(arguments) {
                Ok(object @ Value::Object(_)) => object,
                _ if is_blank(arguments) => json!({}),
                _ => json!({ "arguments": arguments }),
            };
            said.push(json!({"calls": calls, "name": call["function"]["name"], "input": input}));
            open.push((call["id"].as_str().unwrap().to_owned(), calls));
            calls += 1;
        }
    }
    said
}

/// The same of what Anthropic is sent.
fn said_to_anthropic(turns: &[Value]) -> Vec<Value> {
    let (mut said, mut open, mut calls) = (vec![], vec![], 0);
    for turn in turns {
        let role = turn["role"].as_str().unwrap();
        for block in turn["content"].as_array().unwrap() {
            let source = &block["source"];
            let url = match source["type"].as_str() {
                Some("base64") => {
                    let kind = source["media_type"]
                        .as_str()
                        .unwrap()
                        .replace("jpeg", "jpg");
                    json!(format!(
                        "data:{kind};base64,{}",
                        source["data"].as_str().unwrap()
                    ))
                }
                _ => source["url"].clone(),
            };
            match block["type"].as_str().unwrap() {
                "tool_use" => {
                    said.push(
                        json!({"calls": calls, "name": block["name"], "input": block["input"]}),
                    );
                    open.push((block["id"].as_str().unwrap().to_owned(), calls));
                    calls += 1;
                }
                "tool_result" => {
                    let number = answered(&mut open, &block["tool_use_id"]);
                    let content = block["content"].as_array().into_iter().flatten();
                    let texts = content.map(|block| block["text"].clone());
                    said.push(json!({"answers": number, "with": Vec::from_iter(texts)}));
                }
                "text" => said.push(json!({ role: block["text"] })),
                kind => said.push(json!({ role: { kind: url } })),
            }
        }
    }
    said
}

/// What Anthropic documents for every request.
fn keeps_the_rules(body: &Value) -> Result<(), TestCaseError> {
    let turns = body["messages"].as_array().unwrap();
    let mut ids = HashSet::new();
    let mut called: Vec<&str> = vec![];
    for (at, turn) in turns.iter().enumerate() {
        let role = ["user", "assistant"][at % 2];
        prop_assert_eq!(&turn["role"], role, "turns alternate");
        let blocks = turn["content"].as_array().unwrap();
        prop_assert!(!blocks.is_empty(), "a turn says something");
        let is_result = |block: &&Value| block["type"] == "tool_result";
        let mut results: Vec<&str> = blocks
            .iter()
            .take_while(is_result)
            .map(|block| block["tool_use_id"].as_str().unwrap())
            .collect();
        prop_assert_eq!(
            results.len(),
            blocks.iter().filter(is_result).count(),
            "results come first"
        );
        results.sort_unstable();
        called.sort_unstable();
        prop_assert_eq!(&results, &called, "each call is answered in the next turn");
        called.clear();
        for block in blocks {
            if let Some(text) = block["text"].as_str() {
                prop_assert!(!is_blank(text), "texts are not blank");
            }
            if let Some(id) = block["id"].as_str() {
                let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
                prop_assert!(
                    !id.is_empty() && id.len() <= 64 && id.bytes().all(is_taken),
                    "{id}"
                );
                prop_assert!(ids.insert(id), "{} comes twice", id);
                prop_assert!(block["input"].is_object());
                called.push(id);
            }
        }
    }
    let last = turns.last().unwrap();
    if last["role"] == "assistant" {
        let text = last["content"].as_array().unwrap().last().unwrap()["text"].as_str();
        prop_assert!(
            text.is_none_or(|text| text == text.trim_end()),
            "{:?}",
            text
        );
    }
    prop_assert!(body["max_tokens"].as_u64().is_some_and(|most| most > 0));
    prop_assert!(body.get("temperature").is_none() || body.get("top_p").is_none());
    prop_assert!(
        body["temperature"]
            .as_f64()
            .is_none_or(|heat| (0.0..=1.0).contains(&heat))
    );
    for stop in body["stop_sequences"].as_array().into_iter().flatten() {
        prop_assert!(!is_blank(stop.as_str().unwrap()));
    }
    let user = body["metadata"]["user_id"].as_str().unwrap_or_default();
    prop_assert!(!user.contains(['@', '+']), "{user}");
    for tool in body["tools"].as_array().into_iter().flatten() {
        prop_assert_eq!(&tool["input_schema"]["type"], "object");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn all_that_is_said_reaches_anthropic_by_its_rules(request in request()) {
        let body = sent("anthropic", &request);
        keeps_the_rules(&body)?;
        let messages = request["messages"].as_array().unwrap();
        let turns = body["messages"].as_array().unwrap();
        let mut expected = said_to_openai(messages);
        // A conversation begins with the user, and an answer that is continued does not end in white space.
        if expected.first().is_some_and(|first| first.get("user").is_none()) {
            expected.insert(0, json!({"user": "."}));
        }
        if let Some(Value::String(last)) = expected.last_mut().and_then(|last| last.get_mut("assistant")) {
            last.truncate(last.trim_end().len());
        }
        prop_assert_eq!(said_to_anthropic(turns), expected);
        let system = messages.iter().filter(|message| message["role"] == "system" || message["role"] == "developer");
        let system = system.map(|message| message["content"].as_str().unwrap());
        let system: Vec<_> = system.filter(|text| !is_blank(text)).collect();
        prop_assert_eq!(body["system"].as_str().unwrap_or_default(), system.join("\n\n"));
        prop_assert_eq!(body["tools"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_provider_of_openais_dialect_gets_it_as_it_came(
        request in request(),
        more in prop::collection::btree_map("x_[a-z]{1,6}", prop_oneof![
            Just(json!(null)), any::<i64>().prop_map(Value::from), ".{0,9}".prop_map(Value::from),
            vec(".{0,4}", 0..3).prop_map(|texts| json!({"texts": texts})),
        ], 0..4),
    ) {
        let mut request = request;
        request.as_object_mut().unwrap().extend(more);
        let body = sent("openai", &request);
        // A row that does not say otherwise knows no developers.
        for message in request["messages"].as_array_mut().unwrap() {
            if message["role"] == "developer" {
                message["role"] = "system".into();
            }
        }
        for (name, value) in request.as_object().unwrap() {
            match name.as_str() {
                "model" => prop_assert_eq!(&body["model"], CLAUDE),
                name => prop_assert_eq!(&body[name], value, "{}", name),
            }
        }
    }
}
