//! A client and its runtime: it sends, and keeps what comes.

use openclaw_core::Timestamp;
use openclaw_function_realtime::{Complete, Effect, Event, Input, Limits, Session, SessionAuth};
use serde_json::{Value, json, value::to_raw_value};

pub(crate) struct Client {
    pub(crate) session: Session,
    pub(crate) now: Timestamp,
    /// Frames that were sent and not looked at.
    pub(crate) frames: Vec<Value>,
    /// Other effects that were not looked at.
    effects: Vec<Effect>,
}

impl Client {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            session: Session::new("sess_1".into(), at(0), limits),
            now: at(0),
            frames: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Authenticated, and all seen.
    pub(crate) fn ready() -> Self {
        let mut client = Self::new(Limits::default());
        client.authenticate();
        client
    }

    pub(crate) fn authenticate(&mut self) {
        self.text(&json!({"type": "auth", "token": "t"}));
        self.done();
        self.input(Input::Authenticated(Ok(auth("key_a"))));
        assert_eq!(self.frame()["type"], "auth_ok");
    }

    pub(crate) fn chat(&mut self, id: &str) {
        self.text(&json!({"type": "chat", "id": id, "stream": true}));
    }

    pub(crate) fn text(&mut self, frame: &Value) {
        self.input(Input::Text(&frame.to_string()));
    }

    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.now = now;
        self.input(Input::Tick);
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        for effect in self.session.step(self.now, input) {
            match effect {
                Effect::Send(frame) => self.frames.push(serde_json::from_slice(&frame).unwrap()),
                other => self.effects.push(other),
            }
        }
    }

    /// The oldest frame that was not looked at.
    pub(crate) fn frame(&mut self) -> Value {
        self.frames.remove(0)
    }

    pub(crate) fn take_frames(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.frames)
    }

    /// The effects beside sending.
    pub(crate) fn done(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

pub(crate) fn auth(key: &str) -> SessionAuth {
    SessionAuth {
        account: "acct_1".into(),
        key: key.into(),
        generation: 0,
        expires_at: None,
        slot: 7,
    }
}

pub(crate) fn chunk(content: &str) -> Event {
    Event::Chunk {
        content: content.into(),
        reasoning: String::new(),
        tool_calls: None,
    }
}

pub(crate) fn completed(content: &str) -> Event {
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 2});
    Event::Complete(Box::new(Complete {
        content: content.into(),
        reasoning: String::new(),
        model: "m".into(),
        finish_reason: "stop".into(),
        usage: to_raw_value(&usage).ok(),
        tool_calls: None,
    }))
}
