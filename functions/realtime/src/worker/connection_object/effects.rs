//! Carries out the effects of a session.

use super::{ConnectionObject, Role};
use crate::{
    Call, Close, Effect, Input, KeySecret, SessionAuth, SessionBackend, answer,
    worker::{
        backend,
        outbox::{Client, Direction, Outbox},
        peer::Delivery,
    },
};
use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt,
    future::ready,
    pin_mut,
    stream::{AbortHandle, Abortable},
};
use openclaw_core::Result;
use std::rc::Rc;

impl ConnectionObject {
    /// Carries them out; whether requests were started.
    pub(super) fn carry_out(self: &Rc<Self>, effects: Vec<Effect>) -> bool {
        let mut starts = false;
        for effect in effects {
            match effect {
                Effect::Send(frame) => self.send(&frame),
                Effect::Authenticate(credential, known) => self.authenticate(credential, known),
                Effect::Start { run, key, call } => {
                    starts = true;
                    self.start(run, key, call);
                }
                Effect::Cancel(run) => {
                    if let Some(call) = self.calls.borrow_mut().remove(&run) {
                        call.abort();
                    }
                }
                Effect::Resume {
                    session,
                    last_seq,
                    auth,
                } => self.resume(session, last_seq, auth),
                Effect::Renew(auth) => {
                    self.tell_backend(async move |backend| backend.renew(&auth).await)
                }
                Effect::Release(auth) => {
                    self.tell_backend(async move |backend| backend.release(&auth).await);
                }
                Effect::Close(why) => self.close_client(why),
                Effect::End => self.forget(),
            }
        }
        starts
    }

    fn send(self: &Rc<Self>, frame: &Bytes) {
        let frame = String::from_utf8_lossy(frame).into_owned();
        let client = self.client.borrow().clone();
        match client {
            Client::None => {}
            // The platform reports the end of the connection.
            Client::Own => self.is_overrun.set(self.show([frame]) == Delivery::Overrun),
            Client::Peer(outbox) => {
                outbox.push([frame]);
                self.deliver(&outbox, Direction::ToClient);
            }
        }
    }

    /// Sends frames to the client on this object's socket.
    pub(super) fn show(&self, frames: impl IntoIterator<Item = String>) -> Delivery {
        let Some(socket) = self.socket() else {
            return Delivery::Gone;
        };
        if socket.is_overrun() {
            return Delivery::Overrun;
        }
        match frames.into_iter().all(|frame| socket.send(&frame)) {
            true => Delivery::All,
            false => Delivery::Gone,
        }
    }

    /// Closes the client's connection.
    pub(super) fn close_client(self: &Rc<Self>, why: Close) {
        self.close_client_as(why.code(), why.reason());
    }

    pub(super) fn close_client_as(self: &Rc<Self>, code: u16, reason: &str) {
        match self.client.take() {
            Client::None => {}
            Client::Own => {
                if let Some(socket) = self.socket() {
                    socket.close(code, reason);
                }
            }
            Client::Peer(outbox) => {
                outbox.end(code, reason);
                self.deliver(&outbox, Direction::ToClient);
            }
        }
    }

    /// Delivers the waiting messages, unless that is under way.
    pub(super) fn deliver(self: &Rc<Self>, outbox: &Rc<Outbox>, direction: Direction) {
        if !outbox.start_delivery() {
            return;
        }
        let (object, outbox) = (self.clone(), outbox.clone());
        self.object.spawn(async move {
            let delivery = outbox.deliver(direction, &object.env, &object.id).await;
            let delivery = delivery.unwrap_or_else(|error| {
                tracing::warn!(error, "another connection's object cannot be reached");
                Delivery::Gone
            });
            object.delivered(&outbox, direction, delivery);
        });
    }

    fn delivered(self: &Rc<Self>, outbox: &Rc<Outbox>, direction: Direction, delivery: Delivery) {
        let is_theirs = |known: &Rc<Outbox>| Rc::ptr_eq(known, outbox);
        match (direction, delivery) {
            (_, Delivery::All) => {}
            (Direction::ToClient, _) => {
                let is_client =
                    matches!(&*self.client.borrow(), Client::Peer(client) if is_theirs(client));
                match delivery {
                    _ if !is_client => {}
                    Delivery::Overrun => self.step(Input::Overrun),
                    _ => self.ended(1006),
                }
            }
            (Direction::FromClient, _) => {
                let is_role = matches!(&*self.role.borrow(), Role::Relay(home) if is_theirs(home));
                if is_role {
                    // The client connects again, and finds the session if it is still there.
                    self.close_client(Close::GoingAway);
                    self.forget();
                }
            }
        }
    }

    fn authenticate(self: &Rc<Self>, credential: String, known: Option<SessionAuth>) {
        let object = self.clone();
        self.object.spawn(async move {
            let auth = match backend::find(&object.env).await {
                Ok(backend) => backend.authenticate(&credential, known).await,
                Err(error) => Err(error),
            };
            object.step(Input::Authenticated(auth));
        });
    }

    /// Does work that nobody waits for.
    fn tell_backend(
        self: &Rc<Self>,
        work: impl AsyncFnOnce(SessionBackend) -> Result<()> + 'static,
    ) {
        let env = self.env.clone();
        self.object.spawn(async move {
            let done = match backend::find(&env).await {
                Ok(backend) => work(backend).await,
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                let error = error.to_string();
                tracing::warn!(error, "a connection's place was not renewed or given back");
            }
        });
    }

    fn start(self: &Rc<Self>, run: u64, key: KeySecret, call: Call) {
        let (handle, registration) = AbortHandle::new_pair();
        self.calls.borrow_mut().insert(run, handle);
        let object = self.clone();
        let work = async move {
            let backend = backend::find(&object.env).await;
            let events = match backend {
                Ok(backend) => backend.call(&key, call).left_stream(),
                Err(error) => ready(answer::failed(&error)).into_stream().right_stream(),
            };
            pin_mut!(events);
            while let Some(event) = events.next().await {
                if event.is_last() {
                    object.calls.borrow_mut().remove(&run);
                }
                object.step(Input::Event(run, event));
            }
        };
        self.object
            .spawn(Abortable::new(work, registration).map(drop));
    }
}
