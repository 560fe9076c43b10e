//! A whole answer, as Anthropic's `message`.

use openclaw_core::{Error, Money, Result, json::Object};
use openclaw_providers::Completion;
use openclaw_schema::{
    chat::{Answer, Said},
    usage::TokenUsage,
};
use serde_json::{Value, json};

/// The body of an answer to a request for `model`; `id` is the request's.
pub(super) fn message(
    answer: &Completion,
    model: &str,
    id: &str,
    usage: &TokenUsage,
    cost: Money,
) -> Result<bytes::Bytes> {
    if answer.is_verbatim {
        return with_usage(&answer.body, usage, cost);
    }
    let read: Answer<'_> = serde_json::from_slice(&answer.body).map_err(Error::internal)?;
    let choice = read.choices.into_iter().next();
    let choice = choice.ok_or_else(|| Error::internal("an answer without choices"))?;
    let said = choice.message.as_ref();
    let finish = choice
        .finish_reason
        .as_ref()
        .map_or("stop", |reason| &reason.0);
    let message = json!({
        "id": message_id(id),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": said.map(blocks).unwrap_or_default(),
        "stop_reason": stop_reason(finish, said.is_some_and(|said| said.refusal.is_some())),
        "stop_sequence": null,
        "usage": usage_object(usage, cost),
    });
    Ok(message.to_string().into())
}

/// The id of a message that a request led to.
pub(super) fn message_id(request: &str) -> String {
    format!("msg_{}", request.trim_start_matches("req_"))
}

fn blocks(said: &Said<'_>) -> Vec<Value> {
    let thoughts = Some(said.thoughts()).filter(|thoughts| !thoughts.is_empty());
    let thoughts =
        thoughts.map(|thoughts| json!({"type": "thinking", "thinking": thoughts, "signature": ""}));
    let refusal = said.refusal.as_ref().map(|refusal| refusal.0.to_string());
    let texts = [Some(said.text()), refusal].into_iter().flatten();
    let texts = texts.filter(|text| !text.is_empty());
    let texts = texts.map(|text| json!({"type": "text", "text": text}));
    let calls = said.tool_calls.iter().flatten();
    let calls = calls.filter(|call| !call.name().is_empty()).map(|call| {
        json!({
            "type": "tool_use",
            "id": call.id(),
            "name": call.name(),
            "input": input(call.arguments()),
        })
    });
    thoughts.into_iter().chain(texts).chain(calls).collect()
}

/// Arguments as Anthropic has them, an object: what is none, such as a call that was cut off, is
/// wrapped into one.
fn input(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ if arguments.trim().is_empty() => json!({}),
        _ => json!({"arguments": arguments}),
    }
}

/// Anthropic's word for why an answer ended.
pub(super) fn stop_reason(finish_reason: &str, is_refusal: bool) -> &'static str {
    match finish_reason {
        _ if is_refusal => "refusal",
        "length" => "max_tokens",
        "tool_calls" | "function_call" => "tool_use",
        "content_filter" => "refusal",
        _ => "end_turn",
    }
}

/// Anthropic's `usage`, in which cached tokens are counted beside the others, and `cost` in dollars.
pub(super) fn usage_object(usage: &TokenUsage, cost: Money) -> Value {
    let read = usage.cached_tokens.unwrap_or_default();
    let hour = usage.cache_write_1h_tokens.unwrap_or_default();
    let written = usage
        .cache_write_tokens
        .unwrap_or_default()
        .saturating_add(hour);
    let cached = read.saturating_add(written);
    json!({
        "input_tokens": usage.prompt().saturating_sub(cached),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": usage.completion(),
        "cost": cost,
    })
}

/// The vendor's message with what it cost; its counts where they are told, else ours.
fn with_usage(body: &[u8], usage: &TokenUsage, cost: Money) -> Result<bytes::Bytes> {
    let mut message: Object = serde_json::from_slice(body).map_err(Error::internal)?;
    let told = message.get("usage").and_then(Object::of);
    message.set("usage", priced(told, usage, cost).to_string());
    Ok(message.to_string().into())
}

/// The vendor's own counts, with those that it left out and what they cost.
pub(super) fn priced(told: Option<Object>, usage: &TokenUsage, cost: Money) -> Object {
    let mut told = told.unwrap_or_default();
    if let Value::Object(ours) = usage_object(usage, cost) {
        for (name, count) in ours {
            if told.get(&name).is_none_or(|json| json == "null") {
                told.set(&name, count.to_string());
            }
        }
    }
    told
}
