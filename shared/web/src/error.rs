use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use openclaw_core::Error;
use serde::Serialize;

/// Tells the official OpenAI and Anthropic SDKs whether the same request may succeed later.
const SHOULD_RETRY: &str = "x-should-retry";

/// The result of a handler.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// An [`Error`] on its way out.
#[derive(Debug)]
pub struct ApiError(pub Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// The cause of an error, left on its response for the log.
#[derive(Clone)]
pub(crate) struct Cause(pub(crate) String);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let mut response = json(
            error.code.status(),
            &Envelope {
                error: error.body(),
            },
        );
        let retry = if error.is_temporary() {
            "true"
        } else {
            "false"
        };
        response
            .headers_mut()
            .insert(SHOULD_RETRY, HeaderValue::from_static(retry));
        if let Some(after) = error.retry_after {
            // Rounded up: earlier would be refused again.
            let seconds = after.as_millis().div_ceil(1000);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, number(seconds));
        }
        if let Some(cause) = error.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}

#[derive(Serialize)]
struct Envelope<T> {
    error: T,
}

/// A JSON response of known size.
pub(crate) fn json<T: Serialize>(status: u16, value: &T) -> Response {
    // Our own types always serialize; if one did not, an empty object would say so.
    let body = serde_json::to_vec(value).unwrap_or_else(|_| b"{}".to_vec());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// A number as a header's value.
pub(crate) fn number(number: impl std::fmt::Display) -> HeaderValue {
    HeaderValue::from_str(&number.to_string()).unwrap_or(HeaderValue::from_static("0"))
}
