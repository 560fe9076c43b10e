//! The request out.

use crate::dialect::{Input, MAX_TOKENS};
use bytes::Bytes;
use openclaw_core::json::Object;
use openclaw_schema::chat::Message;
use std::borrow::Cow;

/// The caller's fields as they came, then the model's defaults, without what the provider refuses.
/// A stream asks for usage wherever it can: the gateway accounts by it.
pub(super) fn encode(input: &Input<'_>) -> Bytes {
    let mut body = Vec::with_capacity(1024);
    let ours = ["model", "stream", "stream_options"];
    let given = input.request.fields();
    let given = given.filter(|(name, _)| !ours.contains(name));
    for (name, value) in given.chain(input.defaults()) {
        match MAX_TOKENS.contains(&name) {
            true => push_max_tokens(&mut body, name, value.get(), input),
            false if input.omits(name) => {}
            false if name == "messages" => push(&mut body, name, &messages(input, value.get())),
            false => push(&mut body, name, value.get()),
        }
    }
    if input.stream {
        push(&mut body, "stream", "true");
        if !input.omits("stream_options") {
            push(&mut body, "stream_options", r#"{"include_usage":true}"#);
        }
    }
    body.push(b'}');
    body.into()
}

/// The bound under the name that the provider knows, held within what the model can do.
fn push_max_tokens(body: &mut Vec<u8>, name: &str, value: &str, input: &Input<'_>) {
    let [new, old] = MAX_TOKENS;
    let other = if name == new { old } else { new };
    let renamed = input.omits(name);
    // Where both are given they are the same: one is sent, the older only where the new is refused.
    let both = input.request.raw(name).is_some() && input.request.raw(other).is_some();
    if both && (renamed || (name == old && !input.omits(new))) {
        return;
    }
    let name = if renamed { other } else { name };
    match (input.request.max_tokens, input.max_tokens()) {
        (Some(asked), Some(bound)) if bound < asked => push(body, name, &bound.to_string()),
        _ => push(body, name, value),
    }
}

/// The messages as they came; `developer` becomes `system` where the provider does not know it.
fn messages<'a>(input: &Input<'_>, json: &'a str) -> Cow<'a, str> {
    let is_developer = |message: &Message<'_>| message.role == "developer";
    if input.provider.developer_role || !input.request.messages.iter().any(is_developer) {
        return json.into();
    }
    // Parsed before: it is an array of objects.
    let Ok(mut messages) = serde_json::from_str::<Vec<Object>>(json) else {
        return json.into();
    };
    for message in &mut messages {
        if message.get("role") == Some(r#""developer""#) {
            message.set("role", r#""system""#);
        }
    }
    let messages: Vec<_> = messages.iter().map(Object::to_string).collect();
    format!("[{}]", messages.join(",")).into()
}

fn push(body: &mut Vec<u8>, name: &str, value: &str) {
    body.push(b',');
    // A name is the caller's. Text always serializes; a field that did not would be left out.
    if serde_json::to_writer(&mut *body, name).is_err() {
        body.pop();
        return;
    }
    body.push(b':');
    body.extend_from_slice(value.as_bytes());
}
