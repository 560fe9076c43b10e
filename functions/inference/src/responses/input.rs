//! Items of a conversation, as the chat's messages.

use base64::{Engine, engine::general_purpose::STANDARD};
use openclaw_core::{Error, Result};
use serde_json::{Map, Value, json};

/// What `encrypted_content` of our own reasoning items begins with: the chat's `thinking_blocks` in
/// base64, whose signatures the vendor checks.
pub(super) const OWN_REASONING: &str = "openclaw.";

/// The chat's messages so far.
#[derive(Default)]
pub(super) struct Messages {
    pub(super) all: Vec<Value>,
    /// The first item that has no place in a chat, and why.
    pub(super) unconvertible: Option<(String, String)>,
    /// Reasoning that belongs to the assistant's next message.
    thoughts: Map<String, Value>,
}

impl Messages {
    /// Adds an item, which is at `path` of the request.
    pub(super) fn push(&mut self, item: &Value, path: &str) -> Result<()> {
        if !item.is_object() {
            return Err(Error::invalid(path, "must be an object"));
        }
        match item["type"].as_str().unwrap_or("message") {
            "message" => self.message(item, path),
            "function_call" => self.call(item, path),
            "function_call_output" => self.result(item, path),
            "reasoning" => {
                self.reasoning(item);
                Ok(())
            }
            kind => {
                let issue = format!("'{kind}' is not supported by this model");
                self.lacks(format!("{path}.type"), issue);
                Ok(())
            }
        }
    }

    fn lacks(&mut self, field: String, issue: String) {
        self.unconvertible.get_or_insert((field, issue));
    }

    fn message(&mut self, item: &Value, path: &str) -> Result<()> {
        let role = item["role"].as_str().unwrap_or_default();
        if !["user", "assistant", "system", "developer"].contains(&role) {
            let issue = "must be one of user, assistant, system, developer";
            return Err(Error::invalid(format!("{path}.role"), issue));
        }
        let content = match &item["content"] {
            Value::String(text) => json!(text),
            Value::Array(parts) => self.parts(parts, role, path)?,
            _ => {
                let issue = "must be a string or an array of parts";
                return Err(Error::invalid(format!("{path}.content"), issue));
            }
        };
        let mut message = json!({"role": role, "content": content});
        if role == "assistant" {
            self.think(&mut message);
        }
        self.all.push(message);
        Ok(())
    }

    /// An assistant's parts are texts, which are joined: several vendors take nothing else there.
    fn parts(&mut self, parts: &[Value], role: &str, path: &str) -> Result<Value> {
        let mut converted = vec![];
        for (at, part) in parts.iter().enumerate() {
            let path = format!("{path}.content[{at}]");
            converted.extend(self.part(part, &path)?);
        }
        if role != "assistant" {
            return Ok(Value::Array(converted));
        }
        let texts = converted.iter().filter_map(|part| part["text"].as_str());
        Ok(texts.collect::<String>().into())
    }

    fn part(&mut self, part: &Value, path: &str) -> Result<Option<Value>> {
        let text = |name: &str| part[name].as_str().filter(|text| !text.is_empty());
        let required = |name: &str| Error::invalid(format!("{path}.{name}"), "is required");
        Ok(match part["type"].as_str().unwrap_or_default() {
            "input_text" | "output_text" | "text" => {
                let text = part["text"].as_str().ok_or_else(|| required("text"))?;
                (!text.is_empty()).then(|| json!({"type": "text", "text": text}))
            }
            "refusal" => text("refusal").map(|text| json!({"type": "text", "text": text})),
            "input_image" => match text("image_url") {
                Some(url) => {
                    let mut image = json!({"url": url});
                    if let Some(detail) = text("detail") {
                        image["detail"] = detail.into();
                    }
                    Some(json!({"type": "image_url", "image_url": image}))
                }
                None => {
                    self.lacks(
                        format!("{path}.file_id"),
                        "is not supported by this model".into(),
                    );
                    None
                }
            },
            "input_file" => match text("file_data") {
                Some(data) => {
                    let name = text("filename").unwrap_or("file");
                    Some(json!({"type": "file", "file": {"filename": name, "file_data": data}}))
                }
                None => {
                    let issue = "is required by this model";
                    self.lacks(format!("{path}.file_data"), issue.into());
                    // It counts for what it may be.
                    Some(json!({"type": "file", "file": {"file_id": ""}}))
                }
            },
            kind => {
                let issue = format!("'{kind}' is not supported by this model");
                self.lacks(format!("{path}.type"), issue);
                None
            }
        })
    }

    /// Calls of one turn are one message's.
    fn call(&mut self, item: &Value, path: &str) -> Result<()> {
        let text = |name: &str| match item[name].as_str() {
            Some(text) => Ok(text),
            None => Err(Error::invalid(format!("{path}.{name}"), "is required")),
        };
        let function = json!({"name": text("name")?, "arguments": text("arguments")?});
        let call = json!({"id": text("call_id")?, "type": "function", "function": function});
        if let Some(last) = self
            .all
            .last_mut()
            .filter(|last| last["role"] == "assistant")
        {
            match &mut last["tool_calls"] {
                Value::Array(calls) => calls.push(call),
                none => *none = json!([call]),
            }
            return Ok(());
        }
        let mut message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
        self.think(&mut message);
        self.all.push(message);
        Ok(())
    }

    fn result(&mut self, item: &Value, path: &str) -> Result<()> {
        let id = item["call_id"].as_str();
        let id = id.ok_or_else(|| Error::invalid(format!("{path}.call_id"), "is required"))?;
        let mut media = vec![];
        let content = match &item["output"] {
            Value::String(text) => text.clone(),
            Value::Array(parts) => {
                let mut text = String::new();
                for (at, part) in parts.iter().enumerate() {
                    match self.part(part, &format!("{path}.output[{at}]"))? {
                        Some(part) if part["type"] == "text" => {
                            text.push_str(part["text"].as_str().unwrap_or_default());
                        }
                        part => media.extend(part),
                    }
                }
                text
            }
            _ => {
                let issue = "must be a string or an array of parts";
                return Err(Error::invalid(format!("{path}.output"), issue));
            }
        };
        self.all
            .push(json!({"role": "tool", "tool_call_id": id, "content": content}));
        if !media.is_empty() {
            self.all.push(json!({"role": "user", "content": media}));
        }
        Ok(())
    }

    /// Ours comes back to whom it came from; another's is sealed by its vendor.
    fn reasoning(&mut self, item: &Value) {
        let sealed = item["encrypted_content"].as_str().unwrap_or_default();
        let own = sealed.strip_prefix(OWN_REASONING);
        let own = own.and_then(|text| STANDARD.decode(text).ok());
        let own = own.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        if let Some(blocks @ Value::Array(_)) = own {
            self.thoughts.insert("thinking_blocks".into(), blocks);
            return;
        }
        let parts = item["content"].as_array().into_iter().flatten();
        let text: String = parts.filter_map(|part| part["text"].as_str()).collect();
        if !text.is_empty() {
            self.thoughts
                .insert("reasoning_content".into(), text.into());
        }
    }

    fn think(&mut self, message: &mut Value) {
        for (name, value) in std::mem::take(&mut self.thoughts) {
            message[name] = value;
        }
    }
}
