//! The platform's request as axum's, and axum's response as the platform's. A head crosses as one text,
//! a body of known size in one piece.

use crate::{Upgraded, body, disconnect::Disconnect, glue, scope::Scope};
use axum::body::Body;
use futures_util::TryStreamExt;
use http::HeaderMap;
use http_body::Body as _;
use http_body_util::BodyExt;
use js_sys::Uint8Array;
use openclaw_web::{MAX_BODY, Peer};
use send_wrapper::SendWrapper;
use std::fmt::Display;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};

/// The request, with all of its headers.
pub(crate) async fn from_worker(request: &Request) -> worker::Result<http::Request<Body>> {
    let head = glue::incoming(request);
    let mut lines = head.split('\n');
    let method = lines.next().unwrap_or_default();
    let uri = path_and_query(lines.next().unwrap_or_default());
    let converted = http::Request::builder().method(method).uri(uri);
    let headers = glue::headers(lines);
    let length = glue::length(&headers);
    let body = match request.body() {
        None => Body::empty(),
        Some(_) if length.is_some_and(|length| length <= MAX_BODY) => {
            Body::from(body::whole(request.array_buffer()).await?)
        }
        Some(stream) => Body::from_stream(SendWrapper::new(body::pieces(&stream))),
    };
    let mut converted = converted.body(body).map_err(error)?;
    if let Some(peer) = peer(&headers) {
        converted.extensions_mut().insert(peer);
    }
    *converted.headers_mut() = headers;
    Ok(converted)
}

/// The client's address; Cloudflare overwrites what a client claims.
fn peer(headers: &HeaderMap) -> Option<Peer> {
    let address = headers.get("cf-connecting-ip")?.to_str().ok()?;
    address.parse().ok().map(Peer)
}

/// The path and query of a serialized URL, without parsing it again.
fn path_and_query(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or("/", |at| &url[host + at..])
}

/// The response. A body that streams ends when the client leaves.
pub(crate) async fn to_worker(
    response: http::Response<Body>,
    scope: &Scope,
    disconnect: Disconnect,
) -> worker::Result<Response> {
    if let Some(upgraded) = Upgraded::of(&response) {
        return Ok(upgraded);
    }
    let (head, body) = response.into_parts();
    let body = match body.size_hint().exact() {
        Some(0) => JsValue::UNDEFINED,
        Some(_) => {
            let whole = body.collect().await.map_err(error)?.to_bytes();
            Uint8Array::from(&whole[..]).into()
        }
        None => {
            let pieces = disconnect.or_stream(scope, body.into_data_stream());
            body::stream(pieces.map_err(|cause| error(cause).into())).into()
        }
    };
    let status = head.status.as_u16();
    Ok(glue::outgoing(status, &glue::head(&head.headers), body)?)
}

fn error(error: impl Display) -> worker::Error {
    worker::Error::RustError(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::path_and_query;

    #[test]
    fn a_url_begins_with_its_host() {
        assert_eq!(path_and_query("https://h:1/v1/a?b=/c"), "/v1/a?b=/c");
        assert_eq!(path_and_query("http://h/"), "/");
        assert_eq!(path_and_query("http://h"), "/");
    }
}
