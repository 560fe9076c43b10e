//! The credential of a request.

use http::{HeaderMap, header, request::Parts};
use openclaw_core::{Error, Result};

/// A credential, and where it stood.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    pub(crate) text: String,
    /// In the query of the URL, which others log.
    pub(crate) in_url: bool,
}

/// Headers that hold a bare key: of Anthropic's SDKs and of Azure's clients.
const KEY_HEADERS: [&str; 2] = ["x-api-key", "api-key"];

/// The credential of a request: `Authorization: Bearer …`, `x-api-key`, `api-key`, else
/// `?api_key=`; 401.
pub(crate) fn credential(parts: &Parts) -> Result<Credential> {
    find(parts)?.ok_or_else(|| Error::unauthorized("Missing API key"))
}

/// The text of the credential, `None` where the request has none; 401 where it has something else.
pub fn presented(parts: &Parts) -> Result<Option<String>> {
    Ok(find(parts)?.map(|credential| credential.text))
}

fn find(parts: &Parts) -> Result<Option<Credential>> {
    if let Some(text) = in_headers(&parts.headers)? {
        return Ok(Some(Credential {
            text,
            in_url: false,
        }));
    }
    let query = parts.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let key = pairs.find(|(name, _)| name == "api_key");
    Ok(key.map(|(_, key)| Credential {
        text: key.into_owned(),
        in_url: true,
    }))
}

fn in_headers(headers: &HeaderMap) -> Result<Option<String>> {
    if let Some(header) = headers.get(header::AUTHORIZATION) {
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
    let Some(header) = KEY_HEADERS.iter().find_map(|name| headers.get(*name)) else {
        return Ok(None);
    };
    let text = header.to_str();
    let text = text.map_err(|_| Error::unauthorized("The API key must be ASCII"))?;
    Ok(Some(text.trim().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uri: &str, headers: &[(&str, &str)]) -> Result<(String, bool)> {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        credential(&parts).map(|found| (found.text, found.in_url))
    }

    #[test]
    fn a_header_wins_over_the_query() {
        assert_eq!(of("/?api_key=a%2Bb", &[]).unwrap(), ("a+b".into(), true));
        let header = |name, value| of("/?api_key=a", &[(name, value)]);
        assert_eq!(
            header("authorization", "bearer  b").unwrap(),
            ("b".into(), false)
        );
        assert_eq!(
            header("authorization", "BEARER b").unwrap(),
            ("b".into(), false)
        );
        assert_eq!(header("x-api-key", "b").unwrap(), ("b".into(), false));
        assert_eq!(header("api-key", " b ").unwrap(), ("b".into(), false));
        assert!(header("authorization", "Basic b").is_err());
        assert!(of("/?api_keys=a", &[]).is_err());
    }

    #[test]
    fn authorization_wins_over_the_other_headers() {
        let both = [
            ("api-key", "c"),
            ("x-api-key", "b"),
            ("authorization", "Bearer a"),
        ];
        assert_eq!(of("/", &both).unwrap().0, "a");
        assert_eq!(of("/", &both[..2]).unwrap().0, "b");
    }
}
