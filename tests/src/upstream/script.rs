//! Instructions to the upstream, in the last user message of a request.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// How a user message begins that is a script.
pub(super) const PREFIX: &str = "{\"upstream\":";

/// How the gateway tells a model to go on with an answer that broke off.
const GO_ON: &str = "Your answer above was cut off.";

/// One request's script. Every part is optional; a mistake in it is answered with 400.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// The name under which this request is recorded.
    pub tag: String,
    /// Milliseconds before the response's head.
    pub head_delay_ms: u64,
    /// Milliseconds between the head and the first byte of the body.
    pub delay_ms: u64,
    /// Milliseconds before each content chunk but the first.
    pub chunk_delay_ms: u64,
    /// In how many content chunks the text comes; default: one a word.
    pub chunks: Option<usize>,
    /// The answer's text; default: as many words as `chunks` says, else a fixed sentence.
    pub text: Option<String>,
    /// A tool call in place of the text.
    pub tool_call: Option<ToolCall>,
    /// Further calls of the same answer.
    pub more_calls: Vec<ToolCall>,
    /// What follows when the tools have answered; default: the same again.
    pub then: Option<Box<Script>>,
    /// Reasoning before either.
    pub thinking: Option<String>,
    /// The usage that is reported.
    pub usage: Option<Usage>,
    /// Tokens in beside those of `usage` that were read from Anthropic's cache.
    pub cache_read_tokens: u64,
    /// Tokens in beside those of `usage` that were written to Anthropic's cache.
    pub cache_write_tokens: u64,
    /// Reports no usage at all.
    pub no_usage: bool,
    /// Answers this status in place of 200.
    pub status: Option<u16>,
    /// `Retry-After` of that answer.
    pub retry_after: Option<String>,
    /// The body of that answer, JSON, HTML or events; default: the vendor's error object.
    pub body: Option<String>,
    /// Headers of that answer.
    pub headers: BTreeMap<String, String>,
    /// How the body of that answer is compressed.
    pub coding: Option<Coding>,
    /// Closes the connection without an answer.
    pub hang_up: bool,
    /// Never answers.
    pub never: bool,
    /// Closes the connection after so many content chunks (plain: in the middle of the body).
    pub cut_after: Option<usize>,
    /// Falls silent after so many content chunks.
    pub stall_after: Option<usize>,
    /// Sends an event that is not JSON after so many content chunks, then goes on.
    pub malformed_after: Option<usize>,
    /// Sends the vendor's error event after so many content chunks and ends.
    pub error_event_after: Option<usize>,
    /// Everything above that is a failure befalls only the first so many requests of the tag.
    pub fail_first: Option<usize>,
    /// One byte a write.
    pub dribble: bool,
    /// Each event over two writes.
    pub split: bool,
}

/// A coding of a body.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, with zlib's header.
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

/// A tool call to answer with.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// Its id.
    pub id: String,
    /// The function.
    pub name: String,
    /// The function's arguments, an object.
    pub arguments: Value,
}

/// Tokens to report.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    upstream: Script,
}

impl Script {
    /// The script in a request's body, `None` where its last user message is none.
    pub(super) fn find(body: &Value) -> Option<Result<Self, String>> {
        let messages = body.get("messages")?.as_array()?;
        let last = messages.iter().rposition(|message| {
            let text = first_text(message).filter(|_| message["role"] == "user");
            // Told to go on, it goes on with the script.
            text.is_some_and(|text| !text.starts_with(GO_ON))
        })?;
        let text = first_text(&messages[last]).filter(|text| text.starts_with(PREFIX))?;
        let since = messages[last..].iter();
        let answers = since.filter(|message| message["role"] == "assistant");
        Some(match serde_json::from_str::<Envelope>(text) {
            Ok(envelope) => Ok(envelope.upstream.after(answers.count())),
            Err(error) => Err(error.to_string()),
        })
    }

    /// The script after so many answers of it.
    fn after(self, answers: usize) -> Self {
        let Self { tag, then, .. } = &self;
        match then {
            Some(then) if answers > 0 => {
                let mut then = Self::clone(then);
                if then.tag.is_empty() {
                    then.tag.clone_from(tag);
                }
                then.after(answers - 1)
            }
            _ => self,
        }
    }

    /// As the text of a user message, as short as it can be said: prompts cost money.
    pub fn message(&self) -> String {
        serde_json::json!({ "upstream": self.short() }).to_string()
    }

    /// What differs from a script that says nothing.
    fn short(&self) -> Value {
        let fields = |script: &Self| match serde_json::to_value(script) {
            Ok(Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let default = fields(&Self::default());
        let mut script = fields(self);
        script.retain(|name, value| default.get(name) != Some(value));
        if let Some(then) = &self.then {
            script.insert("then".into(), then.short());
        }
        script.into()
    }

    /// The same without its failures.
    #[must_use]
    pub(super) fn without_failures(self) -> Self {
        Self {
            status: None,
            hang_up: false,
            never: false,
            cut_after: None,
            stall_after: None,
            malformed_after: None,
            error_event_after: None,
            ..self
        }
    }

    pub(super) fn head_delay(&self) -> Duration {
        Duration::from_millis(self.head_delay_ms)
    }
}

/// A message's text, or that of its first text part.
fn first_text(message: &Value) -> Option<&str> {
    match &message["content"] {
        Value::String(text) => Some(text),
        Value::Array(parts) => parts.iter().find_map(|part| part["text"].as_str()),
        _ => None,
    }
}
