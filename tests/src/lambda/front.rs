//! A REST API: for a request it finds the function, makes an event of it, and an answer of
//! what the function gives back.

use super::{
    copies::{Answer, Fleet},
    event::event,
    sockets::{self, Sockets},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::{
    HeaderMap, HeaderName, Request, Response, StatusCode, request::Parts, response::Builder,
};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use memchr::memmem;
use serde_json::Value;
use std::{io, sync::Arc};
use tokio::sync::mpsc::Receiver;

pub(super) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Bytes of a body that API Gateway takes.
const BODY: usize = 10_000_000;
/// Bytes of an event that Lambda takes.
const EVENT: usize = 6 << 20;
/// Bytes of a body that is too large which are read nevertheless.
pub(super) const DRAINED: usize = 16 << 20;
/// The form of a streamed answer: a head in JSON, this, and the body.
const BEHIND_HEAD: [u8; 8] = [0; 8];
/// Lists the copies: for tests that kill one.
const COPIES: &str = "/.copies";

pub(super) fn full(text: impl Into<Bytes>) -> Body {
    Full::new(text.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// Answers one request; an error breaks its connection.
pub(super) async fn answer(
    fleet: Arc<Fleet>,
    sockets: Arc<Sockets>,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    if sockets::is_handshake(&request) {
        return Ok(sockets.connect(request).await);
    }
    if request.uri().path() == COPIES {
        return Ok(Response::new(full(fleet.list().to_string())));
    }
    let (parts, body) = request.into_parts();
    let Some(body) = read(&parts, body).await? else {
        return Ok(own(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long"));
    };
    let event = event(&parts, &body);
    if event.len() > EVENT {
        return Ok(own(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long"));
    }
    drop(body);
    let mut function = openclaw_function_gateway::function(parts.uri.path()).to_lowercase();
    if !fleet.has(&function) {
        // As the template has it: what no function answers, this one does.
        function = "health".into();
    }
    let Some(answer) = fleet.invoke(&function, event).await else {
        return Ok(own(StatusCode::BAD_GATEWAY, "Internal server error"));
    };
    let mode = answer.headers.get("lambda-runtime-function-response-mode");
    match mode.is_some_and(|mode| mode == "streaming") {
        true => streamed(answer).await,
        false => buffered(answer).await,
    }
}

/// An answer of API Gateway itself.
pub(super) fn own(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(full(format!("{{\"message\":\"{message}\"}}")));
    *response.status_mut() = status;
    response
}

/// The body, or nothing when it is too large.
async fn read(parts: &Parts, mut body: Incoming) -> io::Result<Option<Bytes>> {
    let length = parts.headers.get("content-length");
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > DRAINED) {
        return Ok(None);
    }
    let (mut whole, mut seen) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(io::Error::other)?.into_data() else {
            continue;
        };
        seen += data.len();
        if seen > DRAINED {
            return Ok(None);
        }
        if seen <= BODY {
            whole.extend_from_slice(&data);
        }
    }
    Ok((seen <= BODY).then(|| whole.freeze()))
}

/// The answer in one piece: a JSON document with status, headers and body.
pub(super) async fn buffered(answer: Answer) -> io::Result<Response<Body>> {
    let text = answer.whole().await?;
    let document: Value = serde_json::from_slice(&text).map_err(io::Error::other)?;
    let body = document["body"].as_str().unwrap_or_default();
    let body = match document["isBase64Encoded"].as_bool() {
        Some(true) => BASE64_STANDARD
            .decode(body)
            .map_err(io::Error::other)?
            .into(),
        _ => Bytes::from(body.to_owned()),
    };
    head(&document)?.body(full(body)).map_err(io::Error::other)
}

/// The answer as it comes.
async fn streamed(mut answer: Answer) -> io::Result<Response<Body>> {
    let mut text = BytesMut::new();
    let end = loop {
        if let Some(end) = memmem::find(&text, &BEHIND_HEAD) {
            break end;
        }
        let piece = answer.body.recv().await;
        let piece = piece.ok_or_else(|| io::Error::other("an answer without a head"))??;
        text.extend_from_slice(&piece);
    };
    let document: Value = serde_json::from_slice(&text[..end]).map_err(io::Error::other)?;
    let first = text.freeze().slice(end + BEHIND_HEAD.len()..);
    let first = (!first.is_empty()).then_some(first);
    let body = StreamBody::new(stream::try_unfold((first, answer.body), piece));
    head(&document)?
        .body(BodyExt::boxed_unsync(body))
        .map_err(io::Error::other)
}

type Pieces = (Option<Bytes>, Receiver<io::Result<Bytes>>);

async fn piece((first, mut rest): Pieces) -> io::Result<Option<(Frame<Bytes>, Pieces)>> {
    let piece = match first {
        Some(first) => Some(first),
        None => rest.recv().await.transpose()?,
    };
    Ok(piece.map(|piece| (Frame::data(piece), (None, rest))))
}

/// Status and headers of an answer, in either form.
fn head(document: &Value) -> io::Result<Builder> {
    let status = document["statusCode"].as_u64().unwrap_or(200);
    let status = u16::try_from(status).map_err(io::Error::other)?;
    let mut headers = HeaderMap::new();
    let mut add = |name: &str, value: &Value| -> io::Result<()> {
        let name = HeaderName::try_from(name).map_err(io::Error::other)?;
        let value = value.as_str().unwrap_or_default();
        // The length is the front's own to tell.
        if name != http::header::CONTENT_LENGTH && name != http::header::TRANSFER_ENCODING {
            headers.append(name, value.try_into().map_err(io::Error::other)?);
        }
        Ok(())
    };
    let many = document["multiValueHeaders"].as_object();
    for (name, values) in many.into_iter().flatten() {
        for value in values.as_array().into_iter().flatten() {
            add(name, value)?;
        }
    }
    for (name, value) in document["headers"].as_object().into_iter().flatten() {
        let repeated = many.is_some_and(|many| many.contains_key(name));
        if !repeated {
            add(name, value)?;
        }
    }
    for cookie in document["cookies"].as_array().into_iter().flatten() {
        add("set-cookie", cookie)?;
    }
    let mut builder = Response::builder().status(status);
    if let Some(all) = builder.headers_mut() {
        *all = headers;
    }
    Ok(builder)
}
