//! A script's answer before it takes a vendor's form.

use super::script::{Script, ToolCall, Usage};
use bytes::Bytes;

/// The text of an answer nobody scripted.
pub(super) const FIXED_TEXT: &str = "Hello! How can I help you today?";

/// An answer in no vendor's format.
pub(super) struct Reply {
    /// The model's name as it was asked for.
    pub(super) model: String,
    pub(super) said: Said,
    /// Reasoning before it.
    pub(super) thinking: Option<String>,
    /// `None`: the vendor keeps it to itself.
    pub(super) usage: Option<Usage>,
    /// Read from the cache and written to it.
    pub(super) cached: [u64; 2],
}

/// Text, or a tool call with its arguments as JSON text; both in pieces. Further calls come whole.
pub(super) enum Said {
    Text(Vec<String>),
    Call {
        call: ToolCall,
        pieces: Vec<String>,
        more: Vec<ToolCall>,
    },
}

impl Reply {
    /// The answer of a model that must call this tool: a text that is JSON becomes its arguments.
    pub(super) fn calling(self, tool: Option<&str>) -> Self {
        let said = match (self.said, tool) {
            (Said::Text(pieces), Some(name)) => match serde_json::from_str(&pieces.concat()) {
                Ok(arguments) => Said::Call {
                    call: ToolCall {
                        id: "toolu_01D7FLrfh4GYq7yT1ULFeyMV".into(),
                        name: name.into(),
                        arguments,
                    },
                    pieces,
                    more: vec![],
                },
                Err(_) => Said::Text(pieces),
            },
            (said, _) => said,
        };
        Self { said, ..self }
    }

    pub(super) fn new(script: &Script, model: &str) -> Self {
        let said = match &script.tool_call {
            None => Said::Text(pieces_of(script)),
            Some(call) => Said::Call {
                pieces: split(&call.arguments.to_string(), script.chunks.unwrap_or(3)),
                call: call.clone(),
                more: script.more_calls.clone(),
            },
        };
        let default = Usage {
            prompt_tokens: 11,
            completion_tokens: said.pieces().len() as u64,
        };
        Self {
            model: model.into(),
            thinking: script.thinking.clone(),
            cached: [script.cache_read_tokens, script.cache_write_tokens],
            usage: (!script.no_usage).then_some(script.usage.unwrap_or(default)),
            said,
        }
    }
}

impl Said {
    /// The calls after the first.
    pub(super) fn more(&self) -> &[ToolCall] {
        match self {
            Self::Text(_) => &[],
            Self::Call { more, .. } => more,
        }
    }

    pub(super) fn pieces(&self) -> &[String] {
        match self {
            Self::Text(pieces) | Self::Call { pieces, .. } => pieces,
        }
    }
}

/// A stream's events in the vendor's bytes.
pub(super) struct Events {
    /// Events before the first content.
    pub(super) opening: Vec<Bytes>,
    /// One event for each content chunk.
    pub(super) deltas: Vec<Bytes>,
    /// Finish, usage, end.
    pub(super) closing: Vec<Bytes>,
}

fn pieces_of(script: &Script) -> Vec<String> {
    match (&script.text, script.chunks) {
        (Some(text), Some(count)) => split(text, count),
        (None, Some(count)) => (0..count).map(|at| format!("w{at} ")).collect(),
        (text, None) => text
            .as_deref()
            .unwrap_or(FIXED_TEXT)
            .split_inclusive(' ')
            .map(Into::into)
            .collect(),
    }
}

/// `text` in at most `count` pieces of about the same number of characters.
fn split(text: &str, count: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters
        .chunks(letters.len().div_ceil(count.max(1)).max(1))
        .map(|piece| piece.iter().collect())
        .collect()
}
