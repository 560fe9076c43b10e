//! Requests that become WebSockets, and the parts of the platform that their handlers need.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use send_wrapper::SendWrapper;
use worker::{Env, Headers, RequestInit};

/// The request as the platform has it: an extension of the request that a handler gets, where the entry
/// is [`crate::serve_upgrades`].
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

    /// Has a new object of the namespace `binding` accept the WebSocket. The object gets a request with
    /// these headers, and its answer is the answer.
    pub async fn connect(&self, binding: &str, headers: HeaderMap) -> Result<Upgraded, String> {
        let answer = SendWrapper::new(self.open(binding, headers)).await;
        let answer = answer.map_err(|error| error.to_string())?;
        Ok(Upgraded(SendWrapper::new(answer.into())))
    }

    async fn open(&self, binding: &str, headers: HeaderMap) -> worker::Result<worker::Response> {
        let objects = self.env().durable_object(binding)?;
        let object = objects.unique_id()?.get_stub()?;
        let headers = Headers::from(headers);
        headers.set("upgrade", "websocket")?;
        let mut init = RequestInit::new();
        init.with_headers(headers);
        let request = worker::Request::new_with_init("https://object/", &init)?;
        object.fetch_with_request(request).await
    }
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
