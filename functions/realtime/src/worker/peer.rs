//! Calls between the objects of two connections, when the one goes on with the session of the other.

use futures_util::future::{Either, select};
use js_sys::Promise;
use openclaw_cloudflare::{WorkerClock, bindings::SESSIONS};
use openclaw_core::Clock;
use std::time::Duration;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use worker::Env;

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(10);

#[wasm_bindgen]
extern "C" {
    /// The methods of the class in `worker.mjs`.
    type Remote;

    #[wasm_bindgen(method, catch)]
    fn attach(this: &Remote, from: &str, auth: &str, seq: f64) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = up)]
    fn receive_from_client(
        this: &Remote,
        from: &str,
        texts: Vec<String>,
        end: Option<u16>,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = down)]
    fn send_to_client(
        this: &Remote,
        frames: Vec<String>,
        end: Option<u16>,
        reason: &str,
    ) -> Result<Promise, JsValue>;
}

/// What became of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Delivery {
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
        let stub = || {
            let objects = env.durable_object(SESSIONS)?;
            objects.id_from_string(id)?.get_stub()
        };
        let stub = stub().map_err(|error| error.to_string())?;
        Ok(Self(stub.into_rpc()))
    }

    pub(super) async fn attach(&self, from: &str, auth: &str, seq: u64) -> Result<bool, String> {
        let attached = answer(self.0.attach(from, auth, seq as f64)).await?;
        Ok(attached.is_truthy())
    }

    pub(super) async fn receive_from_client(
        &self,
        from: &str,
        texts: Vec<String>,
        end: Option<u16>,
    ) -> Result<Delivery, String> {
        answer(self.0.receive_from_client(from, texts, end)).await?;
        Ok(Delivery::All)
    }

    pub(super) async fn send_to_client(
        &self,
        frames: Vec<String>,
        end: Option<u16>,
        reason: &str,
    ) -> Result<Delivery, String> {
        let delivery = answer(self.0.send_to_client(frames, end, reason)).await?;
        Ok(match delivery.as_f64() {
            Some(0.0) => Delivery::All,
            Some(2.0) => Delivery::Overrun,
            _ => Delivery::Gone,
        })
    }
}

async fn answer(call: Result<Promise, JsValue>) -> Result<JsValue, String> {
    let thrown = |error| worker::Error::from(error).to_string();
    let call = JsFuture::from(call.map_err(thrown)?);
    match select(call, WorkerClock.sleep(DEADLINE)).await {
        Either::Left((answer, _)) => answer.map_err(thrown),
        Either::Right(_) => Err("the other connection's object did not answer in time".into()),
    }
}
