//! Calls between the objects of two connections, when the one goes on with the session of the other.

use futures_util::future::{Either, select};
use js_sys::Promise;
use openclaw_cloudflare::{Env, WorkerClock, bindings::SESSIONS, bound, thrown};
use openclaw_core::Clock;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker_sys::DurableObjectNamespace;

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(10);

#[wasm_bindgen]
extern "C" {
    /// The methods of the class in `worker.mjs`.
    type Remote;

    #[wasm_bindgen(method, catch)]
    fn attach(this: &Remote, from: &str, auth: &str, seq: f64) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn up(
        this: &Remote,
        from: &str,
        texts: Vec<String>,
        end: Option<u16>,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn down(
        this: &Remote,
        frames: Vec<String>,
        end: Option<u16>,
        reason: &str,
    ) -> Result<Promise, JsValue>;
}

/// What became of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Took {
    /// They are on their way to the client.
    All = 0,
    /// There is no connection.
    Gone = 1,
    /// Its client does not read.
    Overrun = 2,
}

/// The object of another connection.
pub(super) struct Peer(Remote);

impl Peer {
    pub(super) fn of(env: &Env, id: &str) -> Result<Self, String> {
        let objects = bound(env, SESSIONS).ok_or("there are no sessions")?;
        let objects: DurableObjectNamespace = objects.unchecked_into();
        let id = objects.id_from_string(id);
        let stub = id
            .and_then(|id| objects.get(&id))
            .map_err(|error| thrown(&error))?;
        Ok(Self(stub.unchecked_into()))
    }

    pub(super) async fn attach(&self, from: &str, auth: &str, seq: u64) -> Result<bool, String> {
        let took = answer(self.0.attach(from, auth, seq as f64)).await?;
        Ok(took.is_truthy())
    }

    pub(super) async fn up(
        &self,
        from: &str,
        texts: Vec<String>,
        end: Option<u16>,
    ) -> Result<Took, String> {
        answer(self.0.up(from, texts, end)).await?;
        Ok(Took::All)
    }

    pub(super) async fn down(
        &self,
        frames: Vec<String>,
        end: Option<u16>,
        reason: &str,
    ) -> Result<Took, String> {
        let took = answer(self.0.down(frames, end, reason)).await?.as_f64();
        Ok(match took {
            Some(0.0) => Took::All,
            Some(2.0) => Took::Overrun,
            _ => Took::Gone,
        })
    }
}

async fn answer(call: Result<Promise, JsValue>) -> Result<JsValue, String> {
    let call = JsFuture::from(call.map_err(|error| thrown(&error))?);
    match select(call, WorkerClock.sleep(DEADLINE)).await {
        Either::Left((answer, _)) => answer.map_err(|error| thrown(&error)),
        Either::Right(_) => Err("the other connection's object did not answer in time".into()),
    }
}
