//! The texts in a JSON value.

use crate::rule::Rule;
use openclaw_core::Result;
use serde_json::{Map, Value};
use std::mem;

/// Fields that hold no text of anybody's: names of things, addresses, what is encoded or signed.
const NO_TEXTS: &[&str] = &[
    "role",
    "type",
    "id",
    "name",
    "call_id",
    "tool_call_id",
    "tool_use_id",
    "item_id",
    "file_id",
    "url",
    "image_url",
    "detail",
    "data",
    "file_data",
    "b64_json",
    "format",
    "media_type",
    "signature",
    "encrypted_content",
    "cache_control",
    "finish_reason",
    "stop_reason",
    "status",
];

/// Arguments of calls: JSON within a string.
const ARGUMENTS: &str = "arguments";

/// Tokens one by one: a match may be cut into several of them, so they do not go out.
const LOGPROBS: &str = "logprobs";

/// Applies rules to texts, and counts these.
pub(crate) struct Looker<'a> {
    rules: &'a [Rule],
    on: &'static str,
    /// Of all texts so far.
    pub(crate) characters: u64,
}

impl<'a> Looker<'a> {
    pub(crate) fn new(rules: &'a [Rule], on: &'static str) -> Self {
        Self {
            rules,
            on,
            characters: 0,
        }
    }

    /// What a text becomes; `None` where it stays.
    pub(crate) fn text(&mut self, text: &str) -> Result<Option<String>> {
        let count = text.chars().count() as u64;
        self.characters = self.characters.saturating_add(count);
        let mut changed = None;
        for rule in self.rules {
            let text = changed.as_deref().unwrap_or(text);
            if let Some(other) = rule.apply(text, self.on)? {
                changed = Some(other);
            }
        }
        Ok(changed)
    }
}

/// Looks at all texts in `value`, which stands in the field `name`; whether something changed.
pub(crate) fn look(value: &mut Value, name: &str, looker: &mut Looker<'_>) -> Result<bool> {
    match value {
        Value::String(text) => {
            let changed = match name == ARGUMENTS {
                true => arguments(text, looker)?,
                false => looker.text(text)?,
            };
            let is_changed = changed.is_some();
            if let Some(changed) = changed {
                *text = changed;
            }
            Ok(is_changed)
        }
        Value::Array(items) => {
            let mut changed = false;
            for item in items.iter_mut().filter(|item| !item.is_number()) {
                changed |= look(item, name, looker)?;
            }
            Ok(changed)
        }
        Value::Object(fields) => object(fields, looker),
        Value::Number(number) => {
            let changed = looker.text(&number.to_string())?;
            let is_changed = changed.is_some();
            if let Some(changed) = changed {
                *value = Value::String(changed);
            }
            Ok(is_changed)
        }
        Value::Null | Value::Bool(_) => Ok(false),
    }
}

fn object(fields: &mut Map<String, Value>, looker: &mut Looker<'_>) -> Result<bool> {
    // Anthropic's documents of this kind have their text there.
    let has_text_as_data = fields.get("type").is_some_and(|kind| kind == "text");
    let mut changed = false;
    for (name, value) in fields.iter_mut() {
        if name == LOGPROBS {
            changed |= !mem::take(value).is_null();
        } else if !NO_TEXTS.contains(&name.as_str()) || (name == "data" && has_text_as_data) {
            changed |= look(value, name, looker)?;
        }
    }
    if changed {
        // It was made for what was there before.
        fields.remove("signature");
    }
    Ok(changed)
}

/// The arguments of a call, whose values are the texts; what is no JSON is a text itself.
pub(crate) fn arguments(text: &str, looker: &mut Looker<'_>) -> Result<Option<String>> {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value @ (Value::Object(_) | Value::Array(_))) => {
            let changed = look(&mut value, "", looker)?;
            Ok(changed.then(|| value.to_string()))
        }
        _ => looker.text(text),
    }
}
