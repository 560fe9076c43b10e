//! Errors in Anthropic's shape (<https://platform.claude.com/docs/en/api/errors>).

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use http::{HeaderValue, header};
use openclaw_core::Error;
use openclaw_web::{RequestId, Routes};
use serde::Deserialize;
use serde_json::json;

/// The longest error that is read again, in bytes; ours are much shorter.
const LONGEST: usize = 64 << 10;

/// Our own error, as far as Anthropic's has a place for it.
#[derive(Deserialize)]
struct Envelope {
    error: Shown,
}

#[derive(Deserialize)]
struct Shown {
    message: String,
}

/// Gives each failure of `routes` Anthropic's shape, and every answer the header by which its SDKs
/// know a request.
pub(crate) fn with_errors(routes: Routes) -> Routes {
    let layer = from_fn(shaped);
    routes.map(|methods| methods.route_layer(layer.clone()))
}

async fn shaped(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let id = id.map(|RequestId(id)| id);
    let mut response = next.run(request).await;
    let id = id.as_deref().unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert("request-id", value);
    }
    let status = response.status().as_u16();
    if status < 400 {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let message = match to_bytes(body, LONGEST).await {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(|Envelope { error }| error.message)
            .unwrap_or_default(),
        Err(_) => String::new(),
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body_of(status, &message, id)))
}

/// An error that ends a stream.
pub(super) fn event_of(error: &Error, id: &str) -> String {
    let data = body_of(error.code.status(), &error.message, id);
    format!("event: error\ndata: {data}\n\n")
}

fn body_of(status: u16, message: &str, id: &str) -> String {
    let error = json!({"type": kind(status), "message": message});
    json!({"type": "error", "error": error, "request_id": id}).to_string()
}

/// Anthropic's word for a status.
fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 => "overloaded_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}
