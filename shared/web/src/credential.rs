use http::{header, request::Parts};
use openclaw_core::{Error, Result};

/// The credential of a request: `Authorization: Bearer …`, else `?api_key=`; 401.
pub(crate) fn credential(parts: &Parts) -> Result<String> {
    presented(parts)?.ok_or_else(|| Error::unauthorized("Missing API key"))
}

/// The same, `None` where it has none; 401 where it has something else.
pub fn presented(parts: &Parts) -> Result<Option<String>> {
    if let Some(header) = parts.headers.get(header::AUTHORIZATION) {
        let bearer = header.to_str().ok().and_then(|value| value.split_once(' '));
        return match bearer {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok(Some(token.trim().into()))
            }
            _ => Err(Error::unauthorized(
                "Authorization must be: Bearer YOUR_API_KEY",
            )),
        };
    }
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let key = pairs.find(|(name, _)| name == "api_key");
    Ok(key.map(|(_, key)| key.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str, authorization: Option<&str>) -> Result<String> {
        let mut request = http::Request::builder().uri(uri);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        credential(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn the_header_wins_over_the_query() {
        assert_eq!(of("/?api_key=a%2Bb", None).unwrap(), "a+b");
        assert_eq!(of("/?api_key=a", Some("bearer  b")).unwrap(), "b");
        assert!(of("/?api_key=a", Some("Basic b")).is_err());
        assert!(of("/?api_keys=a", None).is_err());
    }
}
