//! Requests that become WebSockets: what of the platform a handler needs for that.

use crate::Env;
use crate::glue;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker_sys::DurableObjectNamespace;

/// The request as the platform has it, among the extensions of the one that a handler gets, where
/// the entry is [`crate::serve_upgrades`].
#[derive(Clone)]
pub struct Platform(SendWrapper<(web_sys::Request, Env)>);

impl Platform {
    pub(crate) fn new(request: &web_sys::Request, env: &Env) -> Self {
        Self(SendWrapper::new((Clone::clone(request), env.clone())))
    }

    /// The Worker's bindings.
    pub fn env(&self) -> &Env {
        &self.0.1
    }

    /// Whether the request is a WebSocket's handshake. The platform has checked the rest of it.
    pub fn is_handshake(&self) -> bool {
        let upgrade = self.0.0.headers().get("upgrade").ok().flatten();
        upgrade.is_some_and(|upgrade| upgrade.eq_ignore_ascii_case("websocket"))
    }

    /// Has a new object of the namespace `binding` accept the WebSocket: it is asked by a request
    /// with these headers, and its answer is the answer.
    pub async fn connect(&self, binding: &str, headers: &HeaderMap) -> Result<Upgraded, String> {
        SendWrapper::new(self.ask(binding, headers)).await
    }

    async fn ask(&self, binding: &str, headers: &HeaderMap) -> Result<Upgraded, String> {
        let objects = glue::bound(self.env(), binding);
        let objects = objects.ok_or_else(|| format!("the binding {binding} is missing"))?;
        let answer = opened(objects.unchecked_into(), headers).await;
        let answer = answer.map_err(|error| glue::thrown(&error))?;
        Ok(Upgraded(SendWrapper::new(answer.unchecked_into())))
    }
}

/// The answer of a new object.
async fn opened(objects: DurableObjectNamespace, headers: &HeaderMap) -> Result<JsValue, JsValue> {
    let object = objects.get(&objects.new_unique_id()?)?;
    JsFuture::from(glue::connect(&object, &glue::head(headers))?).await
}

/// An answer that goes out as the platform made it.
#[derive(Clone)]
pub struct Upgraded(SendWrapper<web_sys::Response>);

impl Upgraded {
    pub(crate) fn of(response: &Response) -> Option<web_sys::Response> {
        let Self(made) = response.extensions().get()?;
        Some(Clone::clone(&**made))
    }
}

impl IntoResponse for Upgraded {
    fn into_response(self) -> Response {
        let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
