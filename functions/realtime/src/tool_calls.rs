//! Tool calls that come in pieces, put together.

use openclaw_core::json::read;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// Which of them a piece belongs to, and more of its arguments
/// (<https://platform.openai.com/docs/api-reference/chat-streaming>).
#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    index: usize,
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    function: FunctionPiece,
}

#[derive(Default, Deserialize)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<String>,
}

/// A call as a whole answer has it.
#[derive(Debug, Default, Serialize)]
struct ToolCall {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    function: Function,
}

#[derive(Debug, Default, Serialize)]
struct Function {
    name: String,
    arguments: String,
}

/// Calls of one answer, at most.
const MAX_CALLS: usize = 128;

/// The calls so far.
#[derive(Debug, Default)]
pub(crate) struct ToolCalls(Vec<ToolCall>);

impl ToolCalls {
    /// Takes `delta.tool_calls`. What does not look like it is nothing.
    pub(crate) fn add(&mut self, pieces: &RawValue) {
        let pieces: Vec<Piece> = read(pieces.get().as_bytes()).unwrap_or_default();
        for piece in pieces {
            if piece.index >= MAX_CALLS {
                continue;
            }
            if self.0.len() <= piece.index {
                self.0.resize_with(piece.index + 1, ToolCall::default);
            }
            let call = &mut self.0[piece.index];
            call.id.push_str(&piece.id.unwrap_or_default());
            if let Some(kind) = piece.kind {
                call.kind = kind;
            }
            let FunctionPiece { name, arguments } = piece.function;
            call.function.name.push_str(&name.unwrap_or_default());
            let arguments = arguments.unwrap_or_default();
            call.function.arguments.push_str(&arguments);
        }
    }

    /// `message.tool_calls`, where there are any.
    pub(crate) fn whole(self) -> Option<Box<RawValue>> {
        (!self.0.is_empty()).then(|| to_raw_value(&self.0).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.into()).unwrap()
    }

    #[test]
    fn pieces_of_several_calls_become_whole() {
        let mut calls = ToolCalls::default();
        calls.add(&pieces(
            r#"[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]"#,
        ));
        calls.add(&pieces(
            r#"[{"index":0,"function":{"arguments":"{\"x\":"}}]"#,
        ));
        calls.add(&pieces(
            r#"[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{}"}},{"index":0,"function":{"arguments":"1}"}}]"#,
        ));
        let whole = calls.whole().unwrap();
        assert_eq!(
            whole.get(),
            r#"[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]"#
        );
    }

    #[test]
    fn no_calls_are_nothing() {
        let mut calls = ToolCalls::default();
        calls.add(&pieces("{}"));
        calls.add(&pieces(r#"[{"index":4000000}]"#));
        assert!(calls.whole().is_none());
    }
}
