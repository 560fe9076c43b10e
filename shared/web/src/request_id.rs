use crate::{ApiError, Result};
use axum::extract::FromRequestParts;
use http::request::Parts;
use openclaw_core::Error;
use std::sync::Arc;

/// The request's id, `req_…`: on every response as `X-Request-Id`, in the log, in the usage row.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let id = parts.extensions.get::<Self>().cloned();
        id.ok_or_else(|| Error::internal("a route outside of the stack").into())
    }
}
