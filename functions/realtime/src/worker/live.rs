//! A connection's object as it is in memory.
//!
//! It is two things: the place of a connection ([`Line`]) and the place of a session ([`Role`]). Both are
//! its own until its client resumes another session: then the client's messages go to that one's
//! home, by calls between the objects, and the session's frames come from there.

mod effects;
mod resume;

use super::{
    backend,
    line::{Line, Place, Post, Way},
    peer::Took,
};
use crate::{Close, Input, SESSION, Session, SessionAuth};
use futures_util::stream::AbortHandle;
use openclaw_cloudflare::{Env, Object, Socket, WorkerClock};
use openclaw_core::{Clock, Timestamp, json};
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::HashMap,
    mem::take,
    rc::Rc,
    time::Duration,
};
use wasm_bindgen::JsValue;
use web_sys::Response;
use worker_sys::DurableObjectState;

/// An object that breaks while requests run is woken after this time, to tell a client at another
/// object that they ended. A client of its own learns by the end of its connection.
const WATCH: Duration = Duration::from_secs(30);

/// What this object is to a session.
#[derive(Default)]
enum Role {
    /// None: not yet, or not any more.
    #[default]
    None,
    Home(Box<Session>),
    /// On the way to its home.
    Relay(Rc<Post>),
}

/// What is saved, in front of the session.
#[derive(Default, Deserialize, Serialize)]
struct Saved {
    line: Place,
    home: Option<String>,
}

pub(super) struct Live {
    object: Object,
    env: Env,
    id: String,
    socket: OnceCell<Option<Socket>>,
    line: RefCell<Line>,
    role: RefCell<Role>,
    calls: RefCell<HashMap<u64, AbortHandle>>,
    /// Whether the client was found not to read.
    is_overrun: Cell<bool>,
}

impl Live {
    pub(super) fn new(state: DurableObjectState, env: Env) -> Result<Self, JsValue> {
        let (object, saved) = Object::new(state)?;
        let (line, role) = match saved.is_empty() {
            true => Default::default(),
            false => restore(&saved).map_err(JsValue::from)?,
        };
        Ok(Self {
            id: object.id(),
            object,
            env,
            socket: OnceCell::new(),
            line: RefCell::new(line),
            role: RefCell::new(role),
            calls: RefCell::default(),
            is_overrun: Cell::new(false),
        })
    }

    pub(super) fn open(self: &Rc<Self>, auth: Option<&str>) -> Result<Response, JsValue> {
        let response = self.object.accept()?;
        let id = format!("{SESSION}{}", self.id);
        let session = Session::new(id, now(), backend::limits());
        self.line.replace(Line::Own);
        self.role.replace(Role::Home(Box::new(session)));
        match auth.map(|auth| json::read::<SessionAuth>(auth.as_bytes())) {
            Some(auth) => {
                let auth = auth.map_err(|error| JsValue::from(error.to_string()))?;
                self.step(Input::Authenticated(Ok(auth)));
            }
            None => self.rest(),
        }
        Ok(response)
    }

    pub(super) fn message(self: &Rc<Self>, text: &str) {
        match self.is_own_line() {
            true => self.hear([text.to_owned()]),
            false => self.dismiss(),
        }
    }

    /// A message that no session takes.
    pub(super) fn refuse(self: &Rc<Self>, why: Close) {
        if !self.is_own_line() {
            return self.dismiss();
        }
        if self.is_home() {
            return self.step(match why {
                Close::Binary => Input::Binary,
                _ => Input::TooLong,
            });
        }
        self.hang_up(why);
        self.ended(why.code());
    }

    pub(super) fn closed(self: &Rc<Self>, code: u16) {
        if let Some(socket) = self.socket() {
            socket.close(code, "");
        }
        if self.is_own_line() {
            self.ended(code);
        }
    }

    pub(super) fn woke(self: &Rc<Self>) {
        self.object.woke();
        self.look_at_line();
        self.step(Input::Tick);
        self.rest();
    }

    pub(super) fn up(self: &Rc<Self>, from: &str, texts: Vec<String>, end: Option<u16>) {
        let is_theirs = match &*self.line.borrow() {
            Line::Peer(post) => post.peer == from,
            _ => false,
        };
        if !is_theirs {
            return;
        }
        self.hear(texts);
        if let Some(code) = end {
            self.ended(code);
        }
    }

    pub(super) fn down(
        self: &Rc<Self>,
        frames: Vec<String>,
        end: Option<u16>,
        reason: &str,
    ) -> Took {
        self.look_at_line();
        let line = self.line.borrow().clone();
        let took = match &line {
            Line::None => Took::Gone,
            Line::Own => self.show(frames),
            Line::Peer(post) => {
                post.push(frames);
                self.deliver(post, Way::Down);
                Took::All
            }
        };
        if let Some(why) = end {
            self.forget();
            self.hang_up_as(why, reason);
        }
        took
    }

    /// Takes in messages of the client, in order.
    fn hear(self: &Rc<Self>, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            let relayed = match &*self.role.borrow() {
                Role::Relay(post) => Some(post.clone()),
                _ => None,
            };
            match relayed {
                None => self.step(Input::Text(&text)),
                Some(post) => {
                    post.push([text]);
                    self.deliver(&post, Way::Up);
                }
            }
        }
    }

    /// The client's connection has ended, with that code.
    fn ended(self: &Rc<Self>, code: u16) {
        self.line.take();
        let relayed = match &*self.role.borrow() {
            Role::Relay(post) => Some(post.clone()),
            _ => None,
        };
        match (relayed, code) {
            (Some(post), code) => {
                post.end(code, "");
                self.deliver(&post, Way::Up);
                self.forget();
            }
            // There was none, and no more than that: RFC 6455, 7.4.1.
            (None, 1005) => self.step(Input::Closed(None)),
            (None, 1006) => self.step(Input::Lost),
            (None, code) => self.step(Input::Closed(Some(code))),
        }
    }

    /// What the object broke with may have cost it its socket, of which nobody tells.
    fn look_at_line(self: &Rc<Self>) {
        if self.is_own_line() && self.socket().is_none() {
            self.ended(1006);
        }
    }

    /// Tells the session, and does what it says.
    fn step(self: &Rc<Self>, input: Input<'_>) {
        let effects = match &mut *self.role.borrow_mut() {
            Role::Home(session) => session.step(now(), input),
            _ => return,
        };
        let starts = self.carry_out(effects);
        if self.is_overrun.take() {
            return self.step(Input::Overrun);
        }
        if starts {
            self.save();
        }
        self.rest();
    }

    /// Whatever comes now may be the last for long: is ready to be put aside, unless it has to do.
    fn rest(&self) {
        let deadline = match &*self.role.borrow() {
            Role::None => return,
            Role::Relay(_) => None,
            Role::Home(session) if session.is_busy() => self.watched(session.deadline()),
            Role::Home(session) => session.deadline(),
        };
        if !self.is_busy() {
            self.save();
        }
        if let Some(at) = deadline {
            let woken = self.object.wake_by(at);
            self.object.or_reset(woken);
        }
    }

    fn watched(&self, deadline: Option<Timestamp>) -> Option<Timestamp> {
        match &*self.line.borrow() {
            Line::Peer(_) => {
                let watch = now() + WATCH;
                Some(deadline.map_or(watch, |at| at.min(watch)))
            }
            _ => deadline,
        }
    }

    fn save(&self) {
        let line = Place::from(&*self.line.borrow());
        let (home, session) = match &*self.role.borrow() {
            Role::None => return,
            Role::Relay(post) => (Some(post.peer.clone()), vec![]),
            Role::Home(session) => (None, session.save()),
        };
        // Names and numbers always serialize.
        let mut bytes = serde_json::to_vec(&Saved { line, home }).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend(session);
        self.object.or_reset(self.object.save(&bytes));
    }

    /// This object is nothing to any session any more.
    fn forget(&self) {
        self.role.take();
        for (_, call) in take(&mut *self.calls.borrow_mut()) {
            call.abort();
        }
        self.object.or_reset(self.object.forget());
    }

    /// A client that nobody listens to: its session has ended, or goes on elsewhere.
    fn dismiss(&self) {
        if let Some(socket) = self.socket() {
            socket.close(Close::GoingAway.code(), Close::GoingAway.reason());
        }
    }

    fn socket(&self) -> Option<&Socket> {
        self.socket.get_or_init(|| self.object.socket()).as_ref()
    }

    fn is_own_line(&self) -> bool {
        matches!(*self.line.borrow(), Line::Own)
    }

    fn is_home(&self) -> bool {
        matches!(*self.role.borrow(), Role::Home(_))
    }

    fn is_busy(&self) -> bool {
        match &*self.role.borrow() {
            Role::Home(session) => session.is_busy(),
            _ => false,
        }
    }
}

fn now() -> Timestamp {
    WorkerClock.now()
}

fn restore(saved: &[u8]) -> Result<(Line, Role), String> {
    let end = saved.iter().position(|byte| *byte == b'\n');
    let (head, session) = saved.split_at(end.unwrap_or(saved.len()));
    let Saved { line, home } = json::read(head).map_err(|error| error.to_string())?;
    let role = match home {
        Some(home) => Role::Relay(Post::to(home)),
        None => {
            let session = session.get(1..).unwrap_or_default();
            let session = Session::load(session, now(), backend::limits());
            Role::Home(Box::new(session.map_err(|error| error.to_string())?))
        }
    };
    Ok((line.into(), role))
}
