//! Whatever comes in whatever order: a client that resumes sees every frame once, in order.

use crate::client::{at, auth, chunk, completed};
use openclaw_core::{Error, Timestamp};
use openclaw_function_realtime::{Close, Effect, Input, Limits, Session};
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
enum Action {
    Auth { accepted: bool },
    Chat(u8),
    Cancel(u8),
    Ping,
    Garbage,
    Chunk(u8),
    Complete(u8),
    Fail(u8),
    Lose,
    Resume,
    Hibernate,
    Wait(i64),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        3 => prop::bool::weighted(0.9).prop_map(|accepted| Action::Auth { accepted }),
        6 => (0..4u8).prop_map(Action::Chat),
        2 => (0..4u8).prop_map(Action::Cancel),
        1 => Just(Action::Ping),
        1 => Just(Action::Garbage),
        8 => (0..6u8).prop_map(Action::Chunk),
        3 => (0..6u8).prop_map(Action::Complete),
        1 => (0..6u8).prop_map(Action::Fail),
        2 => Just(Action::Lose),
        4 => Just(Action::Resume),
        2 => Just(Action::Hibernate),
        1 => (0..30i64).prop_map(Action::Wait),
    ];
    prop::collection::vec(action, 0..120)
}

/// A runtime and a client that notes what it sees.
struct World {
    session: Session,
    now: Timestamp,
    waiting: bool,
    running: Vec<u64>,
    started: u64,
    authenticated: bool,
    line: bool,
    over: bool,
    seen: u64,
    ended: u64,
}

impl World {
    fn new() -> Self {
        Self {
            session: Session::new("sess_1".into(), at(0), Limits::default()),
            now: at(0),
            waiting: false,
            running: Vec::new(),
            started: 0,
            authenticated: false,
            line: true,
            over: false,
            seen: 0,
            ended: 0,
        }
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Auth { accepted } => {
                self.text(&json!({"type": "auth", "token": "t"}));
                if std::mem::take(&mut self.waiting) {
                    let answer = match accepted {
                        true => Ok(auth("key_a")),
                        false => Err(Error::unauthorized("no")),
                    };
                    self.authenticated |= accepted;
                    self.input(Input::Authenticated(answer));
                }
            }
            Action::Chat(id) => self.text(&json!({"type": "chat", "id": format!("r{id}")})),
            Action::Cancel(id) => self.text(&json!({"type": "cancel", "id": format!("r{id}")})),
            Action::Ping => self.text(&json!({"type": "ping"})),
            Action::Garbage => self.input_if_on_line(Input::Text("{")),
            Action::Chunk(which) => self.event(*which, chunk("x"), false),
            Action::Complete(which) => self.event(*which, completed("x"), true),
            Action::Fail(which) => {
                let error = serde_json::value::to_raw_value(&json!({"code": "x"})).unwrap();
                let failed = openclaw_function_realtime::Event::Failed(error);
                self.event(*which, failed, true);
            }
            Action::Lose => {
                self.line = false;
                self.input(Input::Lost);
            }
            Action::Resume => self.resume(),
            Action::Hibernate => {
                if !self.session.is_busy() && !self.over {
                    let saved = self.session.save();
                    let loaded = Session::load(&saved, self.now, Limits::default());
                    self.session = loaded.unwrap();
                    assert_eq!(self.session.save(), saved);
                }
            }
            Action::Wait(seconds) => {
                self.now = openclaw_core::time::shift(self.now, *seconds);
                if self.session.deadline().is_some_and(|end| end <= self.now) {
                    self.input(Input::Tick);
                }
            }
        }
    }

    /// The client resumes at once, before anything is too old.
    fn resume(&mut self) {
        if self.session.can_resume("key_a", self.seen) {
            self.line = true;
            self.input(Input::Attached(auth("key_a"), self.seen));
        } else {
            assert!(
                self.over || !self.authenticated,
                "nothing that is missing may be gone"
            );
        }
    }

    fn event(&mut self, which: u8, event: openclaw_function_realtime::Event, is_last: bool) {
        if self.running.is_empty() {
            return;
        }
        let at = usize::from(which) % self.running.len();
        let run = self.running[at];
        if is_last {
            self.running.remove(at);
        }
        self.input(Input::Event(run, event));
    }

    fn text(&mut self, frame: &Value) {
        self.input_if_on_line(Input::Text(&frame.to_string()));
    }

    fn input_if_on_line(&mut self, input: Input<'_>) {
        if self.line && !self.over {
            self.input(input);
        }
    }

    fn input(&mut self, input: Input<'_>) {
        if self.over {
            return;
        }
        for effect in self.session.step(self.now, input) {
            self.effect(effect);
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Send(frame) => {
                assert!(self.line, "sent to nobody");
                self.frame(&serde_json::from_slice(&frame).unwrap());
            }
            Effect::Authenticate(..) => self.waiting = true,
            Effect::Start { run, .. } => {
                assert!(self.authenticated, "nothing before auth");
                self.running.push(run);
                self.started += 1;
            }
            Effect::Cancel(run) => self.running.retain(|running| *running != run),
            Effect::Close(why) => {
                assert_eq!(why, Close::Unauthorized);
                self.line = false;
            }
            Effect::End => self.over = true,
            Effect::Resume { .. } => panic!("nobody asked"),
            Effect::Renew(_) | Effect::Release(_) => {}
        }
    }

    fn frame(&mut self, frame: &Value) {
        if frame["id"].is_null() {
            assert!(frame.get("seq").is_none(), "{frame}");
            return;
        }
        self.seen += 1;
        assert_eq!(
            frame["seq"], self.seen,
            "rises by one, none twice, none missing"
        );
        self.ended += u64::from(frame["type"] != "chat_chunk");
    }
}

proptest! {
    #[test]
    fn any_interleaving_keeps_the_promises(actions in actions()) {
        let mut world = World::new();
        let mut refused = 0;
        for action in &actions {
            let before = (world.started, world.ended);
            world.act(action);
            // A chat that was not started ended at once: before auth.
            let is_refusal = matches!(action, Action::Chat(_))
                && world.started == before.0
                && world.ended > before.1;
            refused += u64::from(is_refusal);
        }
        if world.authenticated && !world.over {
            world.resume();
            prop_assert_eq!(world.ended, world.started + refused - world.running.len() as u64);
        }
    }
}
