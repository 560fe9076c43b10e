//! What the gateway's frames must look like (docs/websocket.md), and what they say together.

use super::{
    document::{Document, Sender},
    expect::Failure,
};
use serde_json::Value;

/// Whether it is about a request.
pub(super) fn is_numbered(frame: &Value) -> bool {
    !frame["seq"].is_null()
}

/// Whether it is the last of its request.
pub(super) fn is_last(frame: &Value) -> bool {
    is_numbered(frame) && !is_progress(frame)
}

/// Whether others of its request come after it.
fn is_progress(frame: &Value) -> bool {
    frame["type"] == "chat_chunk" || frame["type"] == "workflow_progress"
}

/// A frame of the server is as docs/asyncapi.yaml says, and what a schema cannot say holds, too.
pub(super) fn check(frame: &Value) {
    is(Sender::Server, frame);
    match frame["type"].as_str() {
        Some("error") => {
            let code = frame["error"]["code"].as_str().expect("a code");
            Failure::of(&frame["error"], code);
        }
        Some("chat_complete") => {
            let tokens = |name: &str| frame["usage"][name].as_u64().expect("a count");
            let sum = tokens("prompt_tokens") + tokens("completion_tokens");
            assert_eq!(tokens("total_tokens"), sum, "{frame}");
        }
        _ => {}
    }
}

/// It is as docs/asyncapi.yaml says that this sender's are.
pub(super) fn is(sender: Sender, frame: &Value) {
    if let Err(wrong) = Document::get().check(sender, frame) {
        panic!("docs/asyncapi.yaml: {wrong}: {frame}");
    }
}

/// The frame of a chat; `body` is REST's.
pub(super) fn chat(id: &str, body: &Value) -> Value {
    let mut frame = body.clone();
    frame["type"] = "chat".into();
    frame["id"] = id.into();
    frame
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
            assert!(is_progress(other), "{other}");
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
