//! What Claude says survives the caller: its message, shown in OpenAI's words and put back into the
//! conversation as it is, reaches Anthropic again block by block, in the order it came.

use crate::{
    fakes::{Answer, bytes},
    world::{World, one_target},
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};

const CLAUDE: &str = "claude-sonnet-4-5";

fn thought() -> impl Strategy<Value = Value> {
    prop_oneof![
        (".{0,12}", "[A-Za-z0-9+/]{1,12}").prop_map(|(thinking, signature)| {
            json!({"type": "thinking", "thinking": thinking, "signature": signature})
        }),
        "[A-Za-z0-9+/]{1,12}".prop_map(|data| json!({"type": "redacted_thinking", "data": data})),
    ]
}

fn call() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(json!(null)),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from)
    ];
    (vec(("[a-z]{1,3}", value), 0..3), "[a-z_]{1,8}").prop_map(|(fields, name)| {
        let input: serde_json::Map<_, _> = fields.into_iter().collect();
        json!({"type": "tool_use", "name": name, "input": input})
    })
}

/// The content of a message: thoughts among a text and calls, at least one of either. A message
/// that ends with a thought could not be put back.
fn content() -> impl Strategy<Value = Vec<Value>> {
    let text = " ?[a-z\"\\\\é😀]{1,12} ?".prop_map(|text| json!({"type": "text", "text": text}));
    let thoughts = || vec(thought(), 0..3);
    (
        thoughts(),
        option::of(text),
        vec((thoughts(), call()), 0..3),
    )
        .prop_filter("says nothing", |(_, text, calls)| {
            text.is_some() || !calls.is_empty()
        })
        .prop_map(|(first, text, calls)| {
            let mut content = match text {
                Some(text) => [first, vec![text]].concat(),
                None => vec![],
            };
            for (at, (thoughts, mut call)) in calls.into_iter().enumerate() {
                call["id"] = json!(format!("toolu_{at}"));
                content.extend(thoughts);
                content.push(call);
            }
            content
        })
}

fn world(answer: Answer) -> World {
    let mut config = one_target("anthropic", json!({"attempts": 1}));
    config["models"][0]["targets"][0]["model"] = json!(CLAUDE);
    World::new(config, vec![answer])
}

fn asks(messages: &[Value], stream: bool) -> String {
    json!({"model": "m", "messages": messages, "stream": stream}).to_string()
}

fn user() -> Value {
    json!({"role": "user", "content": "x"})
}

/// The content that reaches Anthropic when `message` is put back and its calls are answered.
fn put_back(world: &World, message: &Value) -> Value {
    let mut messages = vec![user(), message.clone()];
    for call in message["tool_calls"].as_array().into_iter().flatten() {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": "ok"}));
    }
    messages.push(user());
    world.then(Answer::json(500, "{}"));
    drop(world.complete(&asks(&messages, false)));
    let sent: Value = serde_json::from_slice(world.last_request().body()).unwrap();
    sent["messages"][1]["content"].clone()
}

fn plain(content: &[Value]) -> Value {
    let answer = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": CLAUDE, "content": content,
        "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}});
    let world = world(Answer::json(200, &answer.to_string()));
    let reply = world.complete(&asks(&[user()], false)).unwrap();
    let body: Value = serde_json::from_slice(&reply.answer.body).unwrap();
    put_back(&world, &body["choices"][0]["message"])
}

/// A block as a stream tells it, its text in pieces of at most `size` characters.
fn events(index: usize, block: &Value, size: usize) -> Vec<Value> {
    let pieces = |text: &str| -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        letters
            .chunks(size)
            .map(|piece| piece.iter().collect())
            .collect()
    };
    let text = |name: &str| block[name].as_str().unwrap_or_default();
    let (start, deltas): (Value, Vec<Value>) = match text("type") {
        "text" => (
            json!({"type": "text", "text": ""}),
            pieces(text("text"))
                .iter()
                .map(|text| json!({"type": "text_delta", "text": text}))
                .collect(),
        ),
        "thinking" => {
            let thinking = pieces(text("thinking"));
            let thinking = thinking
                .iter()
                .map(|text| json!({"type": "thinking_delta", "thinking": text}));
            let signature = json!({"type": "signature_delta", "signature": text("signature")});
            (
                json!({"type": "thinking", "thinking": "", "signature": ""}),
                thinking.chain([signature]).collect(),
            )
        }
        "tool_use" => {
            let json = match block["input"].to_string().as_str() {
                "{}" => String::new(),
                json => json.into(),
            };
            let deltas = pieces(&json);
            let deltas = deltas
                .iter()
                .map(|json| json!({"type": "input_json_delta", "partial_json": json}));
            (
                json!({"type": "tool_use", "id": block["id"], "name": block["name"], "input": {}}),
                deltas.collect(),
            )
        }
        _ => (block.clone(), vec![]),
    };
    let start = json!({"type": "content_block_start", "index": index, "content_block": start});
    let deltas = deltas
        .into_iter()
        .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta}));
    [start]
        .into_iter()
        .chain(deltas)
        .chain([json!({"type": "content_block_stop", "index": index})])
        .collect()
}

/// Puts what a delta adds to what came before, as the official Python client does: strings are
/// joined, elements of arrays are found by their `index`, numbers are summed.
fn accumulate(message: &mut Value, delta: &Value) {
    for (name, added) in delta.as_object().unwrap() {
        let field = &mut message[name];
        match (&mut *field, added) {
            (Value::Null, _) => *field = added.clone(),
            (_, _) if name == "index" || name == "type" => *field = added.clone(),
            (Value::String(text), Value::String(more)) => text.push_str(more),
            (Value::Array(elements), Value::Array(more)) => {
                for more in more {
                    let index = usize::try_from(more["index"].as_u64().expect("an index")).unwrap();
                    match elements.get_mut(index) {
                        Some(element) => accumulate(element, more),
                        None => elements.push(more.clone()),
                    }
                }
            }
            (Value::Object(_), Value::Object(_)) => accumulate(field, added),
            (Value::Number(number), Value::Number(more)) => {
                *field = json!(number.as_u64().unwrap() + more.as_u64().unwrap());
            }
            (_, Value::Null) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn streamed(content: &[Value], size: usize) -> Value {
    let message =
        json!({"id": "msg_1", "model": CLAUDE, "usage": {"input_tokens": 1, "output_tokens": 1}});
    let blocks = content.iter().enumerate();
    let blocks = blocks.flat_map(|(index, block)| events(index, block, size));
    let stop = json!({"stop_reason": "end_turn"});
    let all = [json!({"type": "message_start", "message": message})]
        .into_iter()
        .chain(blocks)
        .chain([
            json!({"type": "message_delta", "delta": stop, "usage": {"output_tokens": 1}}),
            json!({"type": "message_stop"}),
        ]);
    let sse = all.map(|event| bytes(&format!("data: {event}\n\n")));
    let world = world(Answer::events(sse.collect()));
    let reply = world.stream(&asks(&[user()], true)).unwrap();
    let mut message = json!({});
    for chunk in world.rest(reply.answer) {
        let chunk: Value = serde_json::from_slice(&chunk.unwrap().json).unwrap();
        for choice in chunk["choices"].as_array().unwrap() {
            accumulate(&mut message, &choice["delta"]);
        }
    }
    put_back(&world, &message)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_claude_said_is_put_back_as_it_was(content in content(), size in 1usize..6) {
        let expected = Value::from(content.clone());
        prop_assert_eq!(&plain(&content), &expected);
        prop_assert_eq!(&streamed(&content, size), &expected);
    }
}
