use crate::{ApiError, App, Result, error::json, idempotency::NO_STORE};
use axum::{
    body::{Body, BodyDataStream},
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, select},
    stream::BoxStream,
};
use http::{HeaderMap, header};
use openclaw_core::{Clock, Code, Error};
use openclaw_schema::{parse, parse_text};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

/// The largest body of a JSON request, in bytes: 4 MiB.
pub const MAX_BODY: usize = 4 * 1024 * 1024;

/// How long the next piece of a body may take.
const STALLED: Duration = Duration::from_secs(30);

/// How much of a refused body is read and thrown away, so that a client that is still writing
/// gets to read the refusal instead of a reset connection.
const MAX_DISCARDED: usize = 4 * MAX_BODY;

/// JSON in (parsed, errors naming the field) and JSON out. An empty body reads as `{}`.
pub struct Json<T>(pub T);

/// A JSON body as the bytes that came: 415 unless it says it is JSON, 413 over [`MAX_BODY`].
pub struct RawJson(pub Bytes);

impl FromRequest<App> for RawJson {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let body = read(&*app.ports.clock, body).await?;
        ensure_json(&parts.headers)?;
        Ok(Self(body))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (parts, body) = request.into_parts();
        let body = read(&*app.ports.clock, body).await?;
        let text = if body.is_empty() {
            "{}"
        } else {
            ensure_json(&parts.headers)?;
            parse_text(&body)?
        };
        Ok(Self(parse(text, "")?))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(200, &self.0)
    }
}

/// JSON out that holds a secret: no cache keeps it, neither the client's nor ours.
pub struct SecretJson<T>(pub T);

impl<T: Serialize> IntoResponse for SecretJson<T> {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, NO_STORE)], Json(self.0)).into_response()
    }
}

fn ensure_json(headers: &HeaderMap) -> Result<()> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let essence = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let subtype = essence.to_ascii_lowercase();
    if subtype == "application/json"
        || (subtype.starts_with("application/") && subtype.ends_with("+json"))
    {
        return Ok(());
    }
    let message = "Content-Type must be application/json";
    Err(Error::new(Code::UnsupportedMediaType, message).into())
}

/// What a body is written from, one by one.
pub type Writes = BoxStream<'static, Result<Bytes, axum::Error>>;

/// A body that is written as `writes` come. All of them are of one type: what carries them is
/// compiled once.
pub fn streamed(writes: Writes) -> Body {
    Body::from_stream(writes)
}

/// The whole body; 413 when it is too large, 400 when it stops coming.
pub(crate) async fn read(clock: &dyn Clock, body: Body) -> Result<Bytes> {
    let mut chunks = body.into_data_stream();
    let Some(first) = next(clock, &mut chunks).await? else {
        return Ok(Bytes::new());
    };
    let mut total = first.len();
    let mut rest = BytesMut::new();
    while total <= MAX_BODY + MAX_DISCARDED {
        let Some(chunk) = next(clock, &mut chunks).await? else {
            break;
        };
        total += chunk.len();
        if total <= MAX_BODY {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&chunk);
        }
    }
    if total > MAX_BODY {
        let message = format!("The body must be at most {MAX_BODY} bytes");
        return Err(Error::new(Code::PayloadTooLarge, message).into());
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

async fn next(clock: &dyn Clock, chunks: &mut BodyDataStream) -> Result<Option<Bytes>> {
    // What is there already needs no timer.
    let chunk = match chunks.next().now_or_never() {
        Some(chunk) => chunk,
        None => match select(chunks.next(), clock.sleep(STALLED)).await {
            Either::Left((chunk, _)) => chunk,
            Either::Right(_) => {
                let issue = format!("stopped coming for {} s", STALLED.as_secs());
                return Err(Error::invalid("body", issue).into());
            }
        },
    };
    let broken = |error| Error::invalid("body", format!("was cut off: {error}"));
    Ok(chunk.transpose().map_err(broken)?)
}
