//! A connection's object as it is in memory.
//!
//! It holds a connection ([`Client`]) and a session ([`Role`]). Both are its own until its client resumes
//! another session: then the client's messages go to that session's object, its home, by calls between the
//! objects, and the session's frames come from there.

mod effects;
mod resume;

use super::{
    backend,
    outbox::{Client, Direction, Outbox, SavedClient},
    peer::Delivery,
};
use crate::{Close, Input, SESSION, Session, SessionAuth};
use futures_util::stream::AbortHandle;
use openclaw_cloudflare::{Object, Socket, WorkerClock};
use openclaw_core::{Clock, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::HashMap,
    mem::take,
    rc::Rc,
    time::Duration,
};
use worker::{Env, Response, State};

/// An object that breaks while requests run is woken after this time, to tell a client at another
/// object that they ended. A client at its own socket learns it by the end of the connection.
const WATCH: Duration = Duration::from_secs(30);

/// The part of this object in a session.
#[derive(Default)]
enum Role {
    /// It has none yet, or none any more.
    #[default]
    None,
    Home(Box<Session>),
    /// It relays to the session's home.
    Relay(Rc<Outbox>),
}

/// The head of the saved bytes, before the session.
#[derive(Default, Deserialize, Serialize)]
struct Saved {
    #[serde(rename = "line")]
    client: SavedClient,
    home: Option<String>,
}

pub(super) struct ConnectionObject {
    object: Object,
    env: Env,
    id: String,
    socket: OnceCell<Option<Socket>>,
    client: RefCell<Client>,
    role: RefCell<Role>,
    calls: RefCell<HashMap<u64, AbortHandle>>,
    /// Whether the client was found not to read.
    is_overrun: Cell<bool>,
}

impl ConnectionObject {
    pub(super) fn new(state: State, env: Env) -> worker::Result<Self> {
        let (object, saved) = Object::new(state)?;
        let (client, role) = match saved.is_empty() {
            true => Default::default(),
            false => restore(&saved)?,
        };
        Ok(Self {
            id: object.id(),
            object,
            env,
            socket: OnceCell::new(),
            client: RefCell::new(client),
            role: RefCell::new(role),
            calls: RefCell::default(),
            is_overrun: Cell::new(false),
        })
    }

    pub(super) fn open(self: &Rc<Self>, auth: Option<&str>) -> worker::Result<Response> {
        let response = self.object.accept()?;
        let id = format!("{SESSION}{}", self.id);
        let session = Session::new(id, now(), backend::limits());
        self.client.replace(Client::Own);
        self.role.replace(Role::Home(Box::new(session)));
        match auth.map(serde_json::from_str::<SessionAuth>) {
            Some(auth) => {
                let auth = auth.map_err(|error| error.to_string())?;
                self.step(Input::Authenticated(Ok(auth)));
            }
            None => self.rest(),
        }
        Ok(response)
    }

    pub(super) fn message(self: &Rc<Self>, text: &str) {
        match self.has_own_client() {
            true => self.receive([text.to_owned()]),
            false => self.dismiss(),
        }
    }

    /// A message that no session takes.
    pub(super) fn refuse(self: &Rc<Self>, why: Close) {
        if !self.has_own_client() {
            return self.dismiss();
        }
        if self.is_home() {
            return self.step(match why {
                Close::Binary => Input::Binary,
                _ => Input::TooLong,
            });
        }
        self.close_client(why);
        self.ended(why.code());
    }

    pub(super) fn closed(self: &Rc<Self>, code: u16) {
        if let Some(socket) = self.socket() {
            socket.close(code, "");
        }
        if self.has_own_client() {
            self.ended(code);
        }
    }

    pub(super) fn woke(self: &Rc<Self>) {
        self.object.woke();
        self.check_socket();
        self.step(Input::Tick);
        self.rest();
    }

    pub(super) fn receive_from_client(
        self: &Rc<Self>,
        from: &str,
        texts: Vec<String>,
        end: Option<u16>,
    ) {
        let is_theirs = match &*self.client.borrow() {
            Client::Peer(outbox) => outbox.peer == from,
            _ => false,
        };
        if !is_theirs {
            return;
        }
        self.receive(texts);
        if let Some(code) = end {
            self.ended(code);
        }
    }

    pub(super) fn send_to_client(
        self: &Rc<Self>,
        frames: Vec<String>,
        end: Option<u16>,
        reason: &str,
    ) -> Delivery {
        self.check_socket();
        let client = self.client.borrow().clone();
        let delivery = match &client {
            Client::None => Delivery::Gone,
            Client::Own => self.show(frames),
            Client::Peer(outbox) => {
                outbox.push(frames);
                self.deliver(outbox, Direction::ToClient);
                Delivery::All
            }
        };
        if let Some(why) = end {
            self.forget();
            self.close_client_as(why, reason);
        }
        delivery
    }

    /// Passes messages of the client on, in order.
    fn receive(self: &Rc<Self>, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            let relayed = match &*self.role.borrow() {
                Role::Relay(outbox) => Some(outbox.clone()),
                _ => None,
            };
            match relayed {
                None => self.step(Input::Text(&text)),
                Some(outbox) => {
                    outbox.push([text]);
                    self.deliver(&outbox, Direction::FromClient);
                }
            }
        }
    }

    /// The client's connection has ended, with that code.
    fn ended(self: &Rc<Self>, code: u16) {
        self.client.take();
        let relayed = match &*self.role.borrow() {
            Role::Relay(outbox) => Some(outbox.clone()),
            _ => None,
        };
        match (relayed, code) {
            (Some(outbox), code) => {
                outbox.end(code, "");
                self.deliver(&outbox, Direction::FromClient);
                self.forget();
            }
            // 1005: the close frame had no code. 1006: there was no close frame (RFC 6455, 7.4.1).
            (None, 1005) => self.step(Input::Closed(None)),
            (None, 1006) => self.step(Input::Lost),
            (None, code) => self.step(Input::Closed(Some(code))),
        }
    }

    /// A reset may have closed the socket without telling us.
    fn check_socket(self: &Rc<Self>) {
        if self.has_own_client() && self.socket().is_none() {
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

    /// Prepares to be put aside, because the next event may be far off, unless requests run.
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
        match &*self.client.borrow() {
            Client::Peer(_) => {
                let watch = now() + WATCH;
                Some(deadline.map_or(watch, |at| at.min(watch)))
            }
            _ => deadline,
        }
    }

    fn save(&self) {
        let client = SavedClient::from(&*self.client.borrow());
        let (home, session) = match &*self.role.borrow() {
            Role::None => return,
            Role::Relay(outbox) => (Some(outbox.peer.clone()), vec![]),
            Role::Home(session) => (None, session.save()),
        };
        // Names and numbers always serialize.
        let mut bytes = serde_json::to_vec(&Saved { client, home }).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend(session);
        self.object.or_reset(self.object.save(&bytes));
    }

    /// Leaves the session, whose memory and stored state are deleted.
    fn forget(&self) {
        self.role.take();
        for (_, call) in take(&mut *self.calls.borrow_mut()) {
            call.abort();
        }
        self.object.or_reset(self.object.forget());
    }

    /// Closes the connection of a client whose session has ended, or goes on elsewhere.
    fn dismiss(&self) {
        if let Some(socket) = self.socket() {
            socket.close(Close::GoingAway.code(), Close::GoingAway.reason());
        }
    }

    fn socket(&self) -> Option<&Socket> {
        self.socket.get_or_init(|| self.object.socket()).as_ref()
    }

    fn has_own_client(&self) -> bool {
        matches!(*self.client.borrow(), Client::Own)
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

fn restore(saved: &[u8]) -> Result<(Client, Role), String> {
    let end = saved.iter().position(|byte| *byte == b'\n');
    let (head, session) = saved.split_at(end.unwrap_or(saved.len()));
    let Saved { client, home } = serde_json::from_slice(head).map_err(|error| error.to_string())?;
    let role = match home {
        Some(home) => Role::Relay(Outbox::to(home)),
        None => {
            let session = session.get(1..).unwrap_or_default();
            let session = Session::load(session, now(), backend::limits());
            Role::Home(Box::new(session.map_err(|error| error.to_string())?))
        }
    };
    Ok((client.into(), role))
}
