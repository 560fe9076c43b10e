//! Bodies in and out.

mod budget;
mod read;
mod stream;

pub(crate) use budget::BodyBudget;
pub(crate) use read::{BodyLimit, read};
pub use stream::BodyStream;

use crate::{ApiError, App, Result, error::json};
use axum::{
    body::Body,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::stream::BoxStream;
use http::{HeaderMap, header};
use openclaw_core::{Code, Error};
use openclaw_schema::json::{parse, parse_text};
use serde::{Serialize, de::DeserializeOwned};

/// The `Cache-Control` of answers that must exist once.
pub(crate) const NO_STORE: &str = "no-store";

/// The largest body that a runtime may read in one piece before anybody has looked at the request, in
/// bytes: 1 MiB. Larger ones are read as the handler asks for them.
pub const MAX_BODY: usize = 1024 * 1024;

/// JSON in (parsed, errors naming the field) and JSON out. An empty body reads as `{}`.
pub struct Json<T>(pub T);

/// A JSON body as the bytes that came: 415 unless it says it is JSON, 413 over
/// `limits.body_bytes`.
pub struct RawJson(pub Bytes);

/// A body of any type as the bytes that came: 413 over `limits.body_bytes`.
pub struct RawBody(pub Bytes);

impl FromRequest<App> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        Ok(Self(read(app, &mut parts, body).await?))
    }
}

impl FromRequest<App> for RawJson {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let body = read(app, &mut parts, body).await?;
        ensure_json(&parts.headers)?;
        Ok(Self(body))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let body = read(app, &mut parts, body).await?;
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

/// The media type that a body is said to be, in lower case and without parameters; empty where nothing is
/// said.
pub fn media_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

fn ensure_json(headers: &HeaderMap) -> Result<()> {
    let subtype = media_type(headers);
    if subtype == "application/json"
        || (subtype.starts_with("application/") && subtype.ends_with("+json"))
    {
        return Ok(());
    }
    let message = "Content-Type must be application/json";
    Err(Error::new(Code::UnsupportedMediaType, message).into())
}

/// The writes that make up a body, one by one.
pub type Writes = BoxStream<'static, Result<Bytes, axum::Error>>;

/// A body that is written as `writes` come. All of them are of one type, so that what carries them
/// is compiled once.
pub fn streamed(writes: Writes) -> Body {
    Body::from_stream(writes)
}
