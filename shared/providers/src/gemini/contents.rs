//! The conversation: `contents` and `systemInstruction`.

use super::{generation::generation_of, request::unsupported};
use crate::dialect::Input;
use openclaw_core::{Error, Result};
use openclaw_schema::chat::{Content, Message, Part, ToolCall};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use std::collections::HashMap;

/// What Google documents for calls that Gemini 3 did not make itself: it takes none without a signature.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

/// Addresses that Gemini fetches itself: its own files, Cloud Storage, YouTube.
const FETCHED: &[&str] = &[
    "https://generativelanguage.googleapis.com/",
    "gs://",
    "https://www.youtube.com/watch",
    "https://youtu.be/",
];

/// `extra_content` of a message or a call, as Google's compatible endpoint writes it.
#[derive(Default, Deserialize)]
struct Extra {
    #[serde(default)]
    google: Google,
}

#[derive(Default, Deserialize)]
struct Google {
    thought_signature: Option<String>,
}

pub(super) fn contents(input: &Input<'_>, body: &mut Map<String, Value>) -> Result<()> {
    let (mut system, mut turns) = (vec![], Turns::default());
    // What a tool's answer is called by is the function.
    let mut called = HashMap::new();
    let signs = generation_of(input.model.name).is_some_and(|generation| generation >= 3);
    for (at, message) in input.request.messages.iter().enumerate() {
        let path = format!("messages[{at}]");
        match &*message.role {
            "system" | "developer" => system.extend(texts(message)),
            "user" => turns.say("user", parts(message, &path)?),
            "assistant" => {
                for call in message.tool_calls.iter().flatten() {
                    let name = call.function.as_ref().map(|function| &*function.name);
                    called.insert(&*call.id, name.unwrap_or_default());
                }
                turns.say("model", said(message, &path, signs)?);
            }
            "tool" => {
                let id = message.tool_call_id.as_ref().map_or("", |id| &*id.0);
                let name = called.get(id).copied().unwrap_or(id);
                let text: String = texts(message).concat();
                let response = match serde_json::from_str(&text) {
                    Ok(object @ Value::Object(_)) => object,
                    _ => json!({"result": text}),
                };
                let answer = json!({"functionResponse": {"name": name, "response": response}});
                turns.say("user", vec![answer]);
            }
            _ => return Err(unsupported(format!("{path}.role"))),
        }
    }
    if turns.0.is_empty() {
        // Instructions alone are what is asked.
        let parts = system.drain(..).map(|text| json!({"text": text}));
        turns.say("user", parts.collect());
    }
    if !system.is_empty() {
        let parts = system.into_iter().map(|text| json!({"text": text}));
        let parts: Vec<_> = parts.collect();
        body.insert("systemInstruction".into(), json!({"parts": parts}));
    }
    body.insert("contents".into(), turns.0.into());
    Ok(())
}

/// Turns, of which neighbours have different roles.
#[derive(Default)]
struct Turns(Vec<Value>);

impl Turns {
    fn say(&mut self, role: &str, parts: Vec<Value>) {
        if parts.is_empty() {
            return;
        }
        let last = self.0.last_mut().filter(|turn| turn["role"] == role);
        match last.and_then(|turn| turn["parts"].as_array_mut()) {
            Some(earlier) => earlier.extend(parts),
            None => self.0.push(json!({"role": role, "parts": parts})),
        }
    }
}

fn texts(message: &Message<'_>) -> Vec<String> {
    let texts = message.content.iter().flat_map(Content::texts);
    let texts = texts.filter(|text| !text.is_empty());
    texts.map(str::to_owned).collect()
}

fn signature(extra: Option<&RawValue>) -> Option<String> {
    let extra: Extra = serde_json::from_str(extra?.get()).ok()?;
    extra.google.thought_signature
}

/// What the model said before.
fn said(message: &Message<'_>, path: &str, signs: bool) -> Result<Vec<Value>> {
    let mut parts = parts(message, path)?;
    let refusal = message.refusal.as_ref().map(|text| &*text.0);
    parts.extend(refusal.map(|text| json!({"text": text})));
    let calls = message.tool_calls.iter().flatten().enumerate();
    for (at, call) in calls {
        parts.push(function_call(call, at, path, signs)?);
    }
    if let Some(own) = signature(message.extra_content)
        && let Some(part) = parts.iter_mut().rfind(|part| part.get("text").is_some())
    {
        part["thoughtSignature"] = own.into();
    }
    Ok(parts)
}

fn function_call(call: &ToolCall<'_>, at: usize, path: &str, signs: bool) -> Result<Value> {
    let function = call.function.as_ref();
    let function = function.ok_or_else(|| unsupported(format!("{path}.tool_calls[{at}].type")))?;
    // A call that was cut off must not end the conversation.
    let arguments = match serde_json::from_str(&function.arguments) {
        Ok(object @ Value::Object(_)) => object,
        _ if function.arguments.trim().is_empty() => json!({}),
        _ => json!({"arguments": function.arguments}),
    };
    let mut part = json!({"functionCall": {"name": function.name, "args": arguments}});
    // Of several calls at once the first is signed.
    let missing = || (signs && at == 0).then(|| NO_SIGNATURE.to_owned());
    if let Some(signature) = signature(call.extra_content).or_else(missing) {
        part["thoughtSignature"] = signature.into();
    }
    Ok(part)
}

fn parts(message: &Message<'_>, path: &str) -> Result<Vec<Value>> {
    let texts = |texts: Vec<String>| texts.into_iter().map(|text| json!({"text": text}));
    match &message.content {
        Some(Content::Parts(parts)) => {
            let mut all = vec![];
            for (at, one) in parts.iter().enumerate() {
                all.extend(part(one, &format!("{path}.content[{at}]"))?);
            }
            Ok(all)
        }
        _ => Ok(texts(self::texts(message)).collect()),
    }
}

fn part(part: &Part<'_>, path: &str) -> Result<Option<Value>> {
    let required = |field| Error::invalid(format!("{path}.{field}"), "is required");
    match &*part.kind {
        "text" => {
            let text = part.text.as_ref().ok_or_else(|| required("text"))?;
            Ok((!text.0.is_empty()).then(|| json!({"text": text.0})))
        }
        "image_url" => {
            let image = part.image_url.as_ref();
            let image = image.ok_or_else(|| required("image_url"))?;
            media(&image.url, format!("{path}.image_url.url")).map(Some)
        }
        "input_audio" => {
            let audio = part.input_audio.as_ref();
            let audio = audio.ok_or_else(|| required("input_audio"))?;
            let data = audio.data.as_ref().map_or("", |data| &*data.0);
            let format = audio.format.as_ref().map_or("wav", |format| &*format.0);
            let kind = format!("audio/{format}");
            Ok(Some(
                json!({"inlineData": {"mimeType": kind, "data": data}}),
            ))
        }
        "file" => {
            let file = part.file.as_ref().ok_or_else(|| required("file"))?;
            let data = file.file_data.as_ref().map(|data| (data, "file_data"));
            let given = data.or_else(|| Some((file.file_id.as_ref()?, "file_id")));
            let (given, name) = given.ok_or_else(|| required("file.file_data"))?;
            media(&given.0, format!("{path}.file.{name}")).map(Some)
        }
        // An assistant's own: what another vendor's model thought says nothing to this one.
        "refusal" | "thinking" | "redacted_thinking" | "reasoning" => Ok(None),
        _ => Err(unsupported(format!("{path}.type"))),
    }
}

/// Base64 in a `data:` URL, or an address that Gemini fetches.
fn media(url: &str, path: String) -> Result<Value> {
    if FETCHED.iter().any(|start| url.starts_with(start)) {
        return Ok(json!({"fileData": {"fileUri": url}}));
    }
    let data = url.split_once(',').and_then(|(head, data)| {
        let kind = head.strip_prefix("data:")?.strip_suffix(";base64")?;
        let kind = kind.split(';').next().unwrap_or_default();
        Some(json!({"inlineData": {"mimeType": kind.to_ascii_lowercase(), "data": data}}))
    });
    let issue = "must be base64 in a data: URL, or a file of Gemini's, for this model";
    data.ok_or_else(|| Error::invalid(path, issue))
}
