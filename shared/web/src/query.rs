use crate::{ApiError, Result};
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use openclaw_core::Error;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

/// The query string, parsed; the error names the parameter.
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(read(query)?))
    }
}

fn read<T: DeserializeOwned>(query: &str) -> openclaw_core::Result<T> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        // What is missing, or there twice, the error itself names.
        let name = match error.path().iter().next() {
            Some(Segment::Map { key }) => key.as_str(),
            _ => "query",
        };
        Error::invalid(name, format!("is wrong: {}", error.inner()))
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Details;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Asked {
        limit: Option<u8>,
        after: Option<String>,
    }

    fn wrong<T: DeserializeOwned>(query: &str) -> (String, String) {
        match read::<T>(query).map(drop).unwrap_err().details {
            Some(Details::Field { field, issue }) => (field, issue),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn parameters_are_read_whatever_else_there_is() {
        let asked = Asked {
            limit: Some(3),
            after: Some("a b&c".into()),
        };
        assert_eq!(read::<Asked>("x=1&after=a+b%26c&limit=3").unwrap(), asked);
    }

    #[test]
    fn the_parameter_that_is_wrong_is_named() {
        for query in [
            "limit=300",
            "after=x&limit=-1&x=limit",
            "l%69mit=x&after=limit",
            "limit=",
        ] {
            let (field, issue) = wrong::<Asked>(query);
            assert_eq!(field, "limit", "{query}");
            assert!(issue.starts_with("is wrong: "), "{issue}");
        }
    }

    #[test]
    fn one_that_is_there_twice_is_named_too() {
        let (field, issue) = wrong::<Asked>("after=a&limit=1&after=b");
        assert_eq!(field, "query");
        assert!(issue.contains("after"), "{issue}");
    }

    #[test]
    fn one_that_is_missing_is_none_of_those_that_are_there() {
        #[derive(Debug, Deserialize)]
        struct Needed {
            #[expect(dead_code, reason = "only asked for")]
            limit: u8,
        }
        assert_eq!(wrong::<Needed>("after=a").0, "query");
    }
}
