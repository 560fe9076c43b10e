//! What a Durable Object of ours has: work that keeps it awake, its alarm, what it saves, its socket.

mod saved;
mod socket;

pub use socket::Socket;

use crate::{alarm::Alarm, glue, scope::Scope};
use futures_util::{FutureExt, future::LocalBoxFuture};
use openclaw_core::Timestamp;
use saved::Saved;
use std::panic::AssertUnwindSafe;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::Response;
use worker_sys::{DurableObjectState, WebSocketPair};

#[wasm_bindgen]
extern "C" {
    /// What the SDK leaves out of [`DurableObjectState`].
    type Resettable;

    #[wasm_bindgen(method, catch)]
    fn abort(this: &Resettable, cause: &str) -> Result<(), JsValue>;
}

/// The object as the platform started it. It may be put aside whenever nothing that was spawned
/// runs; then memory is gone, and what was saved and the socket stay.
pub struct Object {
    state: DurableObjectState,
    scope: Scope,
    alarm: Alarm,
    saved: Saved,
}

impl Object {
    /// With what the platform gives to its constructor; and what it saved last, empty where that
    /// is nothing.
    pub fn new(state: DurableObjectState) -> Result<(Self, Vec<u8>), JsValue> {
        // Both have `waitUntil`. An object's keeps it awake for as long as the task runs.
        let context = handle(&state).unchecked_into();
        let (saved, bytes) = Saved::open(state.storage()?)?;
        let object = Self {
            scope: Scope::of_object(context),
            alarm: Alarm::new(&state)?,
            state,
            saved,
        };
        Ok((object, bytes))
    }

    /// Its id, as hexadecimal digits. Nobody guesses one that the platform made.
    pub fn id(&self) -> String {
        let id = self.state.id().and_then(|id| id.to_string());
        id.unwrap_or_default()
    }

    /// Runs a task that keeps the object awake, in a scope of its own for what it spawns itself.
    /// If it panics the object starts anew: nobody knows what it left half done.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        // One kind of task: what is around each of them is code once.
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

    /// Starts the object anew where a write could not be made: memory and disk differ.
    pub fn or_reset(&self, written: Result<(), JsValue>) {
        if let Err(error) = written {
            reset(handle(&self.state), &glue::thrown(&error));
        }
    }

    /// Wants to be woken at `at`, unless it will be earlier.
    pub fn wake_by(&self, at: Timestamp) -> Result<(), JsValue> {
        self.alarm.by(at)
    }

    /// To be told when its alarm has come.
    pub fn woke(&self) {
        self.alarm.came();
    }

    /// Saves `bytes` in place of what was saved; what is the same is not written again.
    pub fn save(&self, bytes: &[u8]) -> Result<(), JsValue> {
        self.saved.save(bytes)
    }

    /// Forgets all, its alarm too.
    pub fn forget(&self) -> Result<(), JsValue> {
        self.alarm.came();
        self.saved.forget()
    }

    /// Accepts a WebSocket, which outlives the object's memory: the answer to its handshake.
    pub fn accept(&self) -> Result<Response, JsValue> {
        let mut pair = WebSocketPair::new()?;
        self.state.accept_websocket(&pair.server()?)?;
        glue::upgraded(&pair.client()?)
    }

    /// The WebSocket that it accepted.
    pub fn socket(&self) -> Option<Socket> {
        let sockets = self.state.get_websockets().ok()?;
        sockets.into_iter().next().map(Socket::new)
    }
}

fn handle(state: &DurableObjectState) -> JsValue {
    let state: &JsValue = state.as_ref();
    state.clone()
}

fn reset(state: JsValue, cause: &str) {
    tracing::error!(cause, "the object starts anew");
    // Nothing of this turn is kept (`object.mjs`).
    let _ = state.unchecked_into::<Resettable>().abort(cause);
}
