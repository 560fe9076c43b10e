//! The entry on Cloudflare Workers: handshakes, and the Durable Object that each connection gets.
//! `worker.mjs` makes the platform's class of what is exported here.
//!
//! The SDK's `#[durable_object]` is not used: its classes do not derive from the platform's, and only those
//! that do have methods that other objects can call.

mod backend;
mod connection_object;
mod outbox;
mod peer;

use crate::{Close, MAX_FRAME, no_upgrade};
use axum::{
    Extension,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use connection_object::ConnectionObject;
use http::{HeaderMap, HeaderValue};
use js_sys::JsString;
use openclaw_cloudflare::{Endpoints, Platform, bindings::SESSIONS, serve_upgrades};
use openclaw_core::Error;
use openclaw_web::{App, Result, Routes};
use std::{panic::AssertUnwindSafe, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use worker::{Context, Env, State as ObjectState, event, web_sys, worker_sys::DurableObjectState};

/// Tells an object whose connection it is, where the handshake named a key.
const GRANT: &str = "x-openclaw-grant";

#[event(fetch)]
async fn fetch(
    request: web_sys::Request,
    env: Env,
    context: Context,
) -> worker::Result<web_sys::Response> {
    serve_upgrades(request, env, context, ENDPOINTS).await
}

const ENDPOINTS: Endpoints = Endpoints::new(routes);

fn routes(_: &App) -> Routes {
    Routes::new().route("/ws", get(connect))
}

/// The handshake; 400, 401, 403, 429.
async fn connect(
    State(app): State<App>,
    Extension(platform): Extension<Platform>,
    request: Request,
) -> Result<Response> {
    if !platform.is_handshake() {
        return Ok(no_upgrade().await.into_response());
    }
    let backend = backend::of(app, platform.env());
    let (parts, _) = request.into_parts();
    let auth = backend.handshake(&parts).await?;
    let mut headers = HeaderMap::new();
    if let Some(auth) = &auth {
        let auth = serde_json::to_string(auth).map_err(Error::internal)?;
        let auth = HeaderValue::from_str(&auth).map_err(Error::internal)?;
        headers.insert(GRANT, auth);
    }
    match platform.connect(SESSIONS, headers).await {
        Ok(upgraded) => Ok(upgraded.into_response()),
        Err(cause) => {
            if let Some(auth) = auth {
                // It comes back by itself, too.
                let _ = backend.release(&auth).await;
            }
            Err(Error::internal(cause).into())
        }
    }
}

/// A connection's object: the home of its session, or the way to the session that it resumed.
#[wasm_bindgen]
pub struct RealtimeSession(AssertUnwindSafe<Rc<ConnectionObject>>);

#[wasm_bindgen]
impl RealtimeSession {
    /// As the platform starts it, for the first time or out of hibernation.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> std::result::Result<Self, JsValue> {
        let object = ConnectionObject::new(ObjectState::from(state), env)?;
        Ok(Self(AssertUnwindSafe(Rc::new(object))))
    }

    /// Accepts the connection, on behalf of the key that `auth` names.
    pub fn open(&self, auth: Option<String>) -> std::result::Result<web_sys::Response, JsValue> {
        Ok(self.0.open(auth.as_deref())?.into())
    }

    /// A message of the client.
    pub fn message(&self, message: &JsValue) {
        match message.dyn_ref::<JsString>() {
            // A text that is longer in UTF-16 is longer in UTF-8.
            Some(text) if text.length() as usize > MAX_FRAME => self.0.refuse(Close::TooLong),
            Some(text) => self.0.message(&String::from(text)),
            None => self.0.refuse(Close::Binary),
        }
    }

    /// The client closed the connection; 1006: it is lost.
    pub fn closed(&self, code: u16) {
        self.0.closed(code);
    }

    /// The alarm has come.
    pub fn woke(&self) {
        self.0.woke();
    }

    /// Goes on with this session over the connection of the object `from`, where that is allowed; whether
    /// it is.
    pub fn attach(&self, from: String, auth: &str, last_seq: f64) -> bool {
        self.0.attach(from, auth, last_seq as u64)
    }

    /// Messages of the client at the object `from`, and how that connection ended, if it did.
    pub fn up(&self, from: &str, texts: Vec<String>, end: Option<u16>) {
        self.0.receive_from_client(from, texts, end);
    }

    /// Frames for the client, and why its connection is to be closed, if it is. What became of them
    /// ([`peer::Delivery`]).
    pub fn down(&self, frames: Vec<String>, end: Option<u16>, reason: &str) -> u8 {
        self.0.send_to_client(frames, end, reason) as u8
    }
}
