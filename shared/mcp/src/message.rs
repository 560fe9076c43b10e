//! What both sides read and write.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;

/// The most characters of a peer's words that are shown.
const MAX_WORDS: usize = 1000;

/// An error of JSON-RPC 2.0 (<https://www.jsonrpc.org/specification#error_object>).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct RpcError {
    /// Which kind.
    pub code: i64,
    /// In words.
    pub message: String,
    /// More, for programs.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", start_of(&self.message), self.code)
    }
}

/// How `words` begin: at most 1,000 characters.
pub(crate) fn start_of(words: &str) -> String {
    words.chars().take(MAX_WORDS).collect()
}

/// A tool of a server.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// Its name, unique in the server.
    pub name: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of its arguments, an object.
    #[serde(default = "any_object")]
    pub input_schema: Value,
    /// The JSON Schema of its structured results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
}

fn any_object() -> Value {
    json!({"type": "object"})
}

/// What a tool answered.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallResult {
    /// Blocks of content: texts, images, resources.
    #[serde(default)]
    pub content: Vec<Value>,
    /// The result as JSON, where the tool has structured ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<Value>,
    /// Whether the tool failed; `content` says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
}

impl CallResult {
    /// The texts in it, joined by line breaks.
    pub fn text(&self) -> String {
        let texts = self
            .content
            .iter()
            .filter_map(|block| block["text"].as_str());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The one value that says it all: the structured result, else the text, else the blocks.
    pub fn into_value(self) -> Value {
        let is_text = |block: &Value| block["type"] == "text";
        match self.structured_content {
            Some(value) => value,
            None if self.content.iter().all(is_text) => self.text().into(),
            None => self.content.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(result: Value) -> Value {
        serde_json::from_value::<CallResult>(result)
            .unwrap()
            .into_value()
    }

    #[test]
    fn a_result_is_its_structure_or_its_text_or_its_blocks() {
        let text = |text: &str| json!({"type": "text", "text": text});
        let image = json!({"type": "image", "data": "AA==", "mimeType": "image/png"});
        let structured = json!({"content": [text("{}")], "structuredContent": {"a": 1}});
        assert_eq!(value(structured), json!({"a": 1}));
        assert_eq!(value(json!({"content": [text("a"), text("b")]})), "a\nb");
        let mixed = json!([text("a"), image]);
        assert_eq!(value(json!({"content": mixed})), mixed);
        assert_eq!(value(json!({})), "");
    }

    #[test]
    fn long_words_of_a_peer_are_cut() {
        let error = RpcError {
            code: -32603,
            message: "é".repeat(5000),
            data: Value::Null,
        };
        assert_eq!(error.to_string(), format!("{} (-32603)", "é".repeat(1000)));
    }
}
