//! A message or a part of one.

use crate::tokens;
use memchr::memchr;
use openclaw_schema::chat::{Call, Text};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// The fields of a message or a delta. Raw, because vendors write more than OpenAI there: what
/// cannot be read shall not stop it from being passed on.
pub(super) struct Said<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// An estimate of what a call of a tool, or a part of one, takes.
fn tokens_of(call: &Call<'_>) -> u64 {
    tokens::estimate(call.name()) + tokens::estimate(call.arguments())
}

impl<'a> Said<'a> {
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        let field = self.0.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| *value)
    }

    /// Its calls of tools, as far as they can be read.
    pub(super) fn calls(&self) -> Vec<Call<'a>> {
        let calls = self.get("tool_calls").map(RawValue::get);
        calls
            .and_then(|calls| serde_json::from_str(calls).ok())
            .unwrap_or_default()
    }

    /// The text, where that is all it says, as a JSON string.
    pub(super) fn only_text(&self) -> Option<&'a str> {
        let others = self.0.iter().filter(|(name, _)| name != "content");
        let text = self.get("content")?.get();
        let is_all = others
            .map(|(name, value)| of_field(name, value))
            .sum::<u64>()
            == 0;
        (is_all && text.starts_with('"')).then_some(text)
    }

    /// An estimate of its tokens; at least 1 where it shows anything.
    pub(super) fn tokens(&self) -> u64 {
        self.0
            .iter()
            .map(|(name, value)| of_field(name, value))
            .sum()
    }
}

/// Tokens of a field: known texts are read, of others (pictures, sound) no more is known than
/// that they are there.
fn of_field(name: &str, value: &RawValue) -> u64 {
    let json = value.get();
    match name {
        "role" => 0,
        _ if matches!(json, "null" | r#""""# | "[]" | "{}") => 0,
        "content" | "refusal" | "reasoning_content" | "reasoning" => of_text(json),
        "tool_calls" => of_calls(json),
        _ => tokens::estimate(json).min(tokens::PER_IMAGE),
    }
}

/// Tokens of a JSON string; without escapes it need not be decoded. Half of a surrogate pair,
/// which is no text by itself, counts as what it is written with.
fn of_text(json: &str) -> u64 {
    let inside = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inside {
        Some(text) if memchr(b'\\', text.as_bytes()).is_some() => {
            let decoded: Option<String> = serde_json::from_str(json).ok();
            decoded.map_or(1, |text| tokens::estimate(&text))
        }
        text => tokens::estimate(text.unwrap_or(json)),
    }
}

fn of_calls(json: &str) -> u64 {
    match serde_json::from_str::<Vec<Call<'_>>>(json) {
        Ok(calls) => calls.iter().map(tokens_of).sum(),
        Err(_) => tokens::estimate(json),
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Said<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Said<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said<'de>, A::Error> {
                let mut fields = Vec::with_capacity(4);
                while let Some((Text(name), value)) = map.next_entry()? {
                    fields.push((name, value));
                }
                Ok(Said(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
