//! A message or a part of one.

use crate::tokens;
use memchr::memchr;
use openclaw_schema::chat::Text;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// The fields of a message or a delta. Raw, because vendors write more than OpenAI there: what
/// cannot be read shall not stop it from being passed on.
pub(super) struct Said<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A call of a tool, or a part of one.
#[derive(Deserialize)]
pub(super) struct Call<'a> {
    pub(super) index: Option<u32>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
}

impl Call<'_> {
    /// Whether it begins a call: it names its function.
    pub(super) fn has_name(&self) -> bool {
        let name = self
            .function
            .as_ref()
            .and_then(|function| function.name.as_ref());
        name.is_some_and(|name| !name.0.is_empty())
    }

    fn tokens(&self) -> u64 {
        let function = self.function.iter();
        let texts = function.flat_map(|function| [&function.name, &function.arguments]);
        texts.flatten().map(|text| tokens::estimate(&text.0)).sum()
    }
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
        Ok(calls) => calls.iter().map(Call::tokens).sum(),
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
