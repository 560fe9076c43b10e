use crate::{ApiError, Result};
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use openclaw_core::Error;
use serde::de::DeserializeOwned;

/// The query string, parsed; the error names the parameter.
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        let parser = serde_urlencoded::Deserializer::new(pairs);
        serde_path_to_error::deserialize(parser)
            .map(Self)
            .map_err(|error| {
                let issue = format!("is wrong: {}", error.inner());
                Error::invalid(error.path().to_string(), issue).into()
            })
    }
}

/// The one id in a route's path.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            // The only ids that do not read as text are ids we never gave.
            Err(_) => Err(Error::not_found("thing").into()),
        }
    }
}
