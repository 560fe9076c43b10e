//! What Anthropic is sent: requests as clients really send them, for models of every family.

mod conversation;
mod fields;
mod refusals;
mod streams;

use crate::{
    fakes::Answer,
    world::{World, one_target},
};
use openclaw_core::Details;
use serde_json::{Map, Value, json};

/// A model that takes both sampling parameters and does not think, one of the middle, and one
/// that thinks adaptively.
const OLD: &str = "claude-3-5-haiku-20241022";
const MIDDLE: &str = "claude-sonnet-4-5-20250929";
const NEW: &str = "claude-opus-4-7";

fn world(model: &str) -> World {
    let mut config = one_target("anthropic", json!({"attempts": 1}));
    config["models"][0]["max_output_tokens"] = json!(10_000);
    config["models"][0]["context_length"] = json!(100_000);
    config["models"][0]["targets"][0]["model"] = json!(model);
    World::new(config, vec![Answer::json(500, "{}")])
}

fn request(fields: Value) -> String {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    let fields = fields.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(fields);
    request.to_string()
}

/// The body sent for these fields; how it is answered does not matter here.
fn sent(model: &str, fields: Value) -> Value {
    let world = world(model);
    drop(world.complete(&request(fields)));
    serde_json::from_slice(world.last_request().body()).unwrap()
}

/// Of the body, the fields that the caller's fields became.
fn fields(model: &str, fields: Value) -> Value {
    let body = sent(model, fields);
    let usual = ["model", "messages", "max_tokens"];
    let fields = body.as_object().unwrap().clone().into_iter();
    let fields: Map<_, _> = fields
        .filter(|(name, _)| !usual.contains(&name.as_str()))
        .collect();
    fields.into()
}

/// The system prompt and the messages sent for these.
fn conversation(messages: Value) -> (Value, Value) {
    let body = sent(MIDDLE, json!({"messages": messages}));
    (body["system"].clone(), body["messages"].clone())
}

/// The field at fault.
fn refused(model: &str, fields: Value) -> String {
    let error = world(model).plan(&request(fields), false).unwrap_err();
    match error.details {
        Some(Details::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Value {
    json!([{"type": "text", "text": text}])
}

fn function(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object"}}})
}

/// An assistant's call and its answer.
fn called(id: &str, arguments: &str) -> [Value; 2] {
    let function = json!({"name": "f", "arguments": arguments});
    [
        json!({"role": "assistant", "tool_calls": [{"id": id, "type": "function", "function": function}]}),
        json!({"role": "tool", "tool_call_id": id, "content": "ok"}),
    ]
}
