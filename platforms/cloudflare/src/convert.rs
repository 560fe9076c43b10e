//! The platform's request as axum's, and axum's response as the platform's: only the headers that
//! are read go in, and a body of known size goes as one.

use crate::{Upgraded, body, glue, left::Left, scope::Scope};
use axum::body::Body;
use futures_util::TryStreamExt;
use http_body::Body as _;
use http_body_util::BodyExt;
use js_sys::{JsString, Uint8Array};
use openclaw_web::{HEADERS_READ, MAX_BODY};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;
use web_sys::{Request, Response};

thread_local!(static NAMES: JsString = HEADERS_READ.join(" ").into());

/// The request with those of its headers that the gateway reads.
pub(crate) async fn from_worker(request: &Request) -> Result<http::Request<Body>, JsValue> {
    let head = NAMES.with(|names| glue::incoming(request, names));
    let mut lines = head.split('\n');
    let method = lines.next().unwrap_or_default();
    let uri = path_and_query(lines.next().unwrap_or_default());
    let converted = http::Request::builder().method(method).uri(uri);
    let headers = glue::headers(lines);
    let length = glue::length(&headers);
    let body = match request.body() {
        None => Body::empty(),
        Some(_) if length.is_some_and(|length| length <= MAX_BODY) => {
            let whole = body::whole(request.array_buffer()).await;
            Body::from(whole.map_err(glue::throw)?)
        }
        Some(stream) => Body::from_stream(SendWrapper::new(body::pieces(&stream))),
    };
    let mut converted = converted.body(body).map_err(glue::throw)?;
    *converted.headers_mut() = headers;
    Ok(converted)
}

/// The path and query of a serialized URL, without parsing it again.
fn path_and_query(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or("/", |at| &url[host + at..])
}

/// The response; a body that streams ends where the client leaves.
pub(crate) async fn to_worker(
    response: http::Response<Body>,
    scope: &Scope,
    left: Left,
) -> Result<Response, JsValue> {
    if let Some(upgraded) = Upgraded::of(&response) {
        return Ok(upgraded);
    }
    let (head, body) = response.into_parts();
    let body = match body.size_hint().exact() {
        Some(0) => JsValue::UNDEFINED,
        Some(_) => {
            let whole = body.collect().await.map_err(glue::throw)?.to_bytes();
            Uint8Array::from(&whole[..]).into()
        }
        None => {
            let pieces = left.or_stream(scope, body.into_data_stream());
            body::stream(pieces.map_err(glue::throw)).into()
        }
    };
    glue::outgoing(head.status.as_u16(), &glue::head(&head.headers), body)
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
