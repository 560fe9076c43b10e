//! What the gateway's frames must look like (docs/websocket.md), and what they say together.

use super::expect::Failure;
use serde_json::Value;

/// Fields of a frame of each type beside `type`, and beside `id` and `seq` where it is about a
/// request.
const FIELDS: &[(&str, &[&str])] = &[
    ("auth_ok", &["account", "expires_at", "session"]),
    ("chat_chunk", &["content", "finished"]),
    (
        "chat_complete",
        &["content", "finish_reason", "model", "usage"],
    ),
    ("error", &["error"]),
    ("pong", &["timestamp"]),
    ("reconnect", &["reason"]),
    ("reconnected", &["replayed", "resumed", "session"]),
];

/// Whether it is about a request.
pub(super) fn is_numbered(frame: &Value) -> bool {
    !frame["seq"].is_null()
}

/// Whether it is the last of its request.
pub(super) fn is_last(frame: &Value) -> bool {
    is_numbered(frame) && frame["type"] != "chat_chunk"
}

/// Every frame has the fields of its type, and no others.
pub(super) fn check(frame: &Value) {
    let kind = frame["type"].as_str().expect("a type");
    let known = FIELDS.iter().find(|(known, _)| *known == kind);
    let (_, expected) = known.unwrap_or_else(|| panic!("an unknown type: {frame}"));
    let mut names: Vec<&str> = frame
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .filter(|name| *name != "type" && *name != "tool_calls")
        .collect();
    names.sort_unstable();
    let about_a_request = match kind {
        "chat_chunk" | "chat_complete" => true,
        "error" => names.contains(&"id"),
        _ => false,
    };
    if about_a_request {
        assert!(frame["id"].is_string(), "{frame}");
        assert!(frame["seq"].as_u64().is_some_and(|seq| seq > 0), "{frame}");
        names.retain(|name| !["id", "seq"].contains(name));
    }
    assert_eq!(names, *expected, "{frame}");
    values(kind, frame);
}

fn values(kind: &str, frame: &Value) {
    let begins = |name: &str, with: &str| {
        let text = frame[name].as_str().unwrap_or_default();
        assert!(text.starts_with(with), "{name}: {frame}");
    };
    let time = |name: &str| {
        let text = frame[name].as_str().unwrap_or_default();
        let parsed = text.parse::<jiff::Timestamp>();
        assert!(text.ends_with('Z') && parsed.is_ok(), "{name}: {frame}");
    };
    match kind {
        "auth_ok" => {
            begins("session", "sess_");
            begins("account", "acct_");
            if !frame["expires_at"].is_null() {
                time("expires_at");
            }
        }
        "chat_chunk" => {
            assert!(frame["content"].is_string(), "{frame}");
            assert_eq!(frame["finished"], false, "{frame}");
        }
        "chat_complete" => complete(frame),
        "error" => {
            let code = frame["error"]["code"].as_str().expect("a code");
            Failure::of(&frame["error"], code);
        }
        "pong" => time("timestamp"),
        "reconnected" => {
            begins("session", "sess_");
            assert!(frame["resumed"].is_boolean(), "{frame}");
            assert!(frame["replayed"].is_u64(), "{frame}");
        }
        _ => assert!(frame["reason"].is_string(), "{frame}"),
    }
}

fn complete(frame: &Value) {
    for name in ["content", "model", "finish_reason"] {
        assert!(frame[name].is_string(), "{name}: {frame}");
    }
    let tokens = |name: &str| frame["usage"][name].as_u64().expect("a count");
    let sum = tokens("prompt_tokens") + tokens("completion_tokens");
    assert_eq!(tokens("total_tokens"), sum, "{frame}");
}

/// All frames about one request, in order.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// They.
    pub frames: Vec<Value>,
}

impl Told {
    /// The terminal one; all others are chunks.
    pub fn last(&self) -> &Value {
        let (last, others) = self.frames.split_last().expect("a frame");
        assert!(is_last(last), "{last}");
        for other in others {
            assert_eq!(other["type"], "chat_chunk", "{other}");
        }
        last
    }

    /// The chunks' texts, joined.
    pub fn joined(&self) -> String {
        let chunks = self.frames.iter();
        let chunks = chunks.filter(|frame| frame["type"] == "chat_chunk");
        chunks
            .filter_map(|frame| frame["content"].as_str())
            .collect()
    }

    /// It is a stream that says exactly this, in its chunks and as a whole; its `chat_complete`.
    pub fn streams(&self, text: &str) -> &Value {
        assert_eq!(self.joined(), text);
        let complete = self.completes(text);
        assert!(self.frames.len() > 1, "no chunks: {complete}");
        complete
    }

    /// It ends with this text; its `chat_complete`.
    pub fn completes(&self, text: &str) -> &Value {
        let last = self.last();
        assert_eq!(last["type"], "chat_complete", "{last}");
        assert_eq!(last["content"], text, "{last}");
        last
    }

    /// It ends with this error.
    pub fn fails(&self, code: &str) -> Failure {
        let last = self.last();
        assert_eq!(last["type"], "error", "{last}");
        Failure::of(&last["error"], code).1
    }
}
