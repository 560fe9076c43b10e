//! Frames of any kind, before authentication and after: each is answered by frames that are JSON and
//! have a type, and none ends the session of who comes after it.

use crate::client::Client;
use openclaw_function_realtime::{Input, Limits};
use openclaw_testkit::hostile;
use proptest::{collection::vec, prelude::*};
use serde_json::json;

fn frames() -> Vec<Vec<u8>> {
    let frames = [
        json!({"type": "auth", "token": "t"}),
        json!({"type": "ping"}),
        json!({"type": "chat", "id": "1", "model": "m", "stream": true, "messages": [{"role": "user", "content": "hi"}]}),
        json!({"type": "cancel", "id": "1"}),
        json!({"type": "reconnect", "session": "sess_1", "last_seq": 3}),
        json!({"type": "skill_execute", "id": "2", "skill": "s", "command": "c", "parameters": {}}),
    ];
    frames.map(|frame| frame.to_string().into_bytes()).into()
}

proptest! {
    #[test]
    fn hostile_frames_are_answered(sent in vec(hostile(frames()), 1..12), authenticated: bool) {
        let mut client = match authenticated {
            true => Client::ready(),
            false => Client::new(Limits::default()),
        };
        for frame in sent {
            // Text that is not UTF-8 is the WebSocket's to refuse: it never gets here.
            client.input(Input::Text(&String::from_utf8_lossy(&frame)));
        }
        for frame in client.take_frames() {
            prop_assert!(frame["type"].is_string(), "{frame}");
        }
    }
}
