//! What a session wants done.

use super::{Live, Role};
use crate::{
    Call, Close, Effect, Input, SessionAuth, SessionBackend, answer,
    worker::{
        backend,
        line::{Line, Post, Way},
        peer::Took,
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

impl Live {
    /// Does it; whether requests were begun.
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
                Effect::Close(why) => self.hang_up(why),
                Effect::End => self.forget(),
            }
        }
        starts
    }

    fn send(self: &Rc<Self>, frame: &Bytes) {
        let frame = String::from_utf8_lossy(frame).into_owned();
        let line = self.line.borrow().clone();
        match line {
            Line::None => {}
            // Its end is told by itself.
            Line::Own => self.is_overrun.set(self.show([frame]) == Took::Overrun),
            Line::Peer(post) => {
                post.push([frame]);
                self.deliver(&post, Way::Down);
            }
        }
    }

    /// Sends frames to the client on this object's socket.
    pub(super) fn show(&self, frames: impl IntoIterator<Item = String>) -> Took {
        let Some(socket) = self.socket() else {
            return Took::Gone;
        };
        if socket.is_overrun() {
            return Took::Overrun;
        }
        match frames.into_iter().all(|frame| socket.send(&frame)) {
            true => Took::All,
            false => Took::Gone,
        }
    }

    /// Closes the client's connection.
    pub(super) fn hang_up(self: &Rc<Self>, why: Close) {
        self.hang_up_as(why.code(), why.reason());
    }

    pub(super) fn hang_up_as(self: &Rc<Self>, code: u16, reason: &str) {
        match self.line.take() {
            Line::None => {}
            Line::Own => {
                if let Some(socket) = self.socket() {
                    socket.close(code, reason);
                }
            }
            Line::Peer(post) => {
                post.end(code, reason);
                self.deliver(&post, Way::Down);
            }
        }
    }

    /// Has what waits delivered, unless that is under way.
    pub(super) fn deliver(self: &Rc<Self>, post: &Rc<Post>, way: Way) {
        if !post.is_to_begin() {
            return;
        }
        let (live, post) = (self.clone(), post.clone());
        self.object.spawn(async move {
            let took = post.deliver(way, &live.env, &live.id).await;
            let took = took.unwrap_or_else(|error| {
                let error = error.to_string();
                tracing::warn!(error, "another connection's object cannot be reached");
                Took::Gone
            });
            live.delivered(&post, way, took);
        });
    }

    fn delivered(self: &Rc<Self>, post: &Rc<Post>, way: Way, took: Took) {
        let is_theirs = |known: &Rc<Post>| Rc::ptr_eq(known, post);
        match (way, took) {
            (_, Took::All) => {}
            (Way::Down, _) => {
                let is_line = matches!(&*self.line.borrow(), Line::Peer(line) if is_theirs(line));
                match took {
                    _ if !is_line => {}
                    Took::Overrun => self.step(Input::Overrun),
                    _ => self.ended(1006),
                }
            }
            (Way::Up, _) => {
                let is_role = matches!(&*self.role.borrow(), Role::Relay(home) if is_theirs(home));
                if is_role {
                    // The client connects again, and finds the session if it is still there.
                    self.hang_up(Close::GoingAway);
                    self.forget();
                }
            }
        }
    }

    fn authenticate(self: &Rc<Self>, credential: String, known: Option<SessionAuth>) {
        let live = self.clone();
        self.object.spawn(async move {
            let auth = match backend::find(&live.env).await {
                Ok(backend) => backend.authenticate(&credential, known).await,
                Err(error) => Err(error),
            };
            live.step(Input::Authenticated(auth));
        });
    }

    /// Has something done that nobody waits for.
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

    fn start(self: &Rc<Self>, run: u64, key: String, call: Call) {
        let (handle, registration) = AbortHandle::new_pair();
        self.calls.borrow_mut().insert(run, handle);
        let live = self.clone();
        let work = async move {
            let backend = backend::find(&live.env).await;
            let events = match backend {
                Ok(backend) => backend.call(&key, call).left_stream(),
                Err(error) => ready(answer::failed(&error)).into_stream().right_stream(),
            };
            pin_mut!(events);
            while let Some(event) = events.next().await {
                if event.is_last() {
                    live.calls.borrow_mut().remove(&run);
                }
                live.step(Input::Event(run, event));
            }
        };
        self.object
            .spawn(Abortable::new(work, registration).map(drop));
    }
}
