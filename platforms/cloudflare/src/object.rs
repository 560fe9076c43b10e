//! A Durable Object with an alarm, saved bytes, a socket, and tasks that keep it awake.

mod saved;
mod socket;

pub use socket::Socket;

use crate::{alarm::Alarm, scope::Scope};
use futures_util::{FutureExt, future::LocalBoxFuture};
use openclaw_core::Timestamp;
use saved::Saved;
use std::panic::AssertUnwindSafe;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::{Context, Response, State, WebSocketPair};

#[wasm_bindgen]
extern "C" {
    /// The method that the SDK's [`State`] leaves out.
    type Resettable;

    #[wasm_bindgen(method, catch)]
    fn abort(this: &Resettable, cause: &str) -> Result<(), JsValue>;
}

/// The object as the platform started it. The platform may put it aside whenever no spawned task runs:
/// then its memory is gone, and the saved bytes and the socket stay.
pub struct Object {
    state: State,
    scope: Scope,
    alarm: Alarm,
    saved: Saved,
}

impl Object {
    /// With the state that the platform gives to the constructor. Also the bytes that were saved last,
    /// empty where there are none.
    pub fn new(state: State) -> worker::Result<(Self, Vec<u8>)> {
        // Both have `waitUntil`. An object's keeps it awake for as long as the task runs.
        let context = Context::new(handle(&state).unchecked_into());
        let (saved, bytes) = Saved::open(state.storage())?;
        let object = Self {
            scope: Scope::of_object(context),
            alarm: Alarm::new(&state),
            state,
            saved,
        };
        Ok((object, bytes))
    }

    /// Its id, as hexadecimal digits. Nobody guesses one that the platform made.
    pub fn id(&self) -> String {
        self.state.id().to_string()
    }

    /// Runs a task that keeps the object awake, in a scope of its own for the tasks that it spawns.
    /// If it panics the object starts anew: nobody knows what it left half done.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        // One type of task: the code around a task exists once.
        self.run(Box::pin(task));
    }

    fn run(&self, task: LocalBoxFuture<'static, ()>) {
        let state = handle(&self.state);
        let task = AssertUnwindSafe(task).catch_unwind();
        self.scope.spawn(Box::pin(async move {
            if task.await.is_err() {
                reset(state, "a task of the object panicked");
            }
        }));
    }

    /// Starts the object anew where a write failed: memory and disk differ.
    pub fn or_reset(&self, written: worker::Result<()>) {
        if let Err(error) = written {
            reset(handle(&self.state), &error.to_string());
        }
    }

    /// Sets the alarm to `at`, unless it is due earlier.
    pub fn wake_by(&self, at: Timestamp) -> worker::Result<()> {
        self.alarm.set_by(at)
    }

    /// The alarm has come.
    pub fn woke(&self) {
        self.alarm.clear();
    }

    /// Saves `bytes` in place of those saved last; pieces that are the same are not written again.
    pub fn save(&self, bytes: &[u8]) -> worker::Result<()> {
        self.saved.save(bytes)
    }

    /// Deletes everything that is stored, the alarm too.
    pub fn forget(&self) -> worker::Result<()> {
        self.alarm.clear();
        self.saved.forget()
    }

    /// Accepts a WebSocket, which outlives the object's memory: the answer to its handshake.
    pub fn accept(&self) -> worker::Result<Response> {
        let pair = WebSocketPair::new()?;
        self.state.accept_web_socket(&pair.server);
        Response::from_websocket(pair.client)
    }

    /// The WebSocket that it accepted.
    pub fn socket(&self) -> Option<Socket> {
        let sockets = self.state.get_websockets();
        sockets.into_iter().next().map(Socket::new)
    }
}

fn handle(state: &State) -> JsValue {
    let state: &JsValue = state.as_raw().as_ref();
    state.clone()
}

fn reset(state: JsValue, cause: &str) {
    tracing::error!(cause, "the object starts anew");
    // The platform discards the changes of this turn (`object.mjs`).
    let _ = state.unchecked_into::<Resettable>().abort(cause);
}
