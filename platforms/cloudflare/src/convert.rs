//! The platform's request as axum's, and axum's response as the platform's. Every call into
//! JavaScript costs: only the headers that are read go in, and a body of known size goes as one.

use crate::{left::Left, scope::Scope};
use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use http_body::Body as _;
use http_body_util::BodyExt;
use openclaw_web::{HEADERS_READ, MAX_BODY};
use send_wrapper::SendWrapper;
use worker::{Headers, Request, Response, Result};

/// The request with those of its headers that the gateway reads.
pub(crate) async fn from_worker(mut request: Request) -> Result<http::Request<Body>> {
    let url = request.inner().url();
    let method = request.inner().method();
    let mut head = http::Request::builder()
        .method(method.as_str())
        .uri(path_and_query(&url));
    let mut length = None;
    for name in HEADERS_READ {
        if let Some(value) = request.headers().get(name)? {
            if name == "content-length" {
                length = value.parse::<usize>().ok();
            }
            head = head.header(name, value);
        }
    }
    let body = if request.inner().body().is_none() {
        Body::empty()
    } else if length.is_some_and(|length| length <= MAX_BODY) {
        Body::from(request.bytes().await?)
    } else {
        let chunks = request.stream()?.map_ok(Bytes::from);
        Body::from_stream(SendWrapper::new(chunks).map_err(|error| error.to_string()))
    };
    head.body(body).map_err(|error| error.to_string().into())
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
) -> Result<Response> {
    let (head, body) = response.into_parts();
    let headers = Headers::new();
    for (name, value) in &head.headers {
        let value = value.to_str().map_err(|error| error.to_string())?;
        headers.append(name.as_str(), value)?;
    }
    let response = match body.size_hint().exact() {
        Some(0) => Response::empty()?,
        Some(_) => {
            let whole = body.collect().await.map_err(|error| error.to_string())?;
            Response::from_bytes(whole.to_bytes().into())?
        }
        None => {
            let chunks = left.or_stream(scope, body.into_data_stream());
            Response::from_stream(chunks.map(|chunk| chunk.map_err(|error| error.to_string())))?
        }
    };
    Ok(response
        .with_status(head.status.as_u16())
        .with_headers(headers))
}
