//! A provider that can be called: where, how and with which credential.

use crate::{
    dialect::Dialect, dialects::dialect, fault::Fault, plan::Outgoing,
    service_account::ServiceAccount,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use openclaw_core::{Ports, Secret, Timestamp};
use openclaw_schema::config::{self, Routing};
use std::{sync::Arc, time::Duration};

/// A field of a provider's row, and what is wrong with it.
pub(crate) type Wrong = (&'static str, &'static str);

/// How long a provider is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Until the head of a stream.
    pub(crate) first_byte: Duration,
    /// Until something of the answer is there; of a plain answer, until its head.
    pub(crate) first_token: Duration,
    /// From one byte of the body to the next.
    pub(crate) idle: Duration,
}

/// One row of the catalog with its credential.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) id: Arc<str>,
    pub(crate) dialect: &'static dyn Dialect,
    pub(crate) secret: Option<Secret>,
    /// Whom `secret` is the key file of, where it is one.
    account: Option<ServiceAccount>,
    /// As it is configured.
    pub(crate) row: config::Provider,
    endpoint: Uri,
    /// Of every request; the credential is marked sensitive, so `Debug` hides it.
    headers: HeaderMap,
}

impl Provider {
    pub(crate) fn new(row: &config::Provider, secret: Option<Secret>) -> Result<Self, Wrong> {
        let dialect = dialect(row.dialect);
        let account = secret.as_ref();
        let account = account.and_then(|secret| ServiceAccount::read(secret.reveal()));
        let account = account.transpose()?;
        // Its tokens are what travels.
        let in_header = secret.as_ref().filter(|_| account.is_none());
        Ok(Self {
            id: row.id.as_str().into(),
            dialect,
            row: row.clone(),
            endpoint: endpoint(row, dialect)?,
            headers: headers(row, dialect, in_header)?,
            account,
            secret,
        })
    }

    /// Whether one encoding of a request does for both.
    pub(crate) fn understands_like(&self, other: &Self) -> bool {
        let key = |row: &config::Provider| {
            (
                row.dialect,
                row.developer_role,
                row.allow_private_urls,
                row.responses,
                row.prefill,
            )
        };
        key(&self.row) == key(&other.row) && self.row.omit == other.row.omit
    }

    /// How long it is waited for.
    pub(crate) fn limits(&self, routing: &Routing) -> Limits {
        let limit = |own: Option<u64>, of_all| Duration::from_millis(own.unwrap_or(of_all));
        let row = &self.row;
        Limits {
            first_byte: limit(row.first_byte_timeout_ms, routing.first_byte_timeout_ms),
            first_token: limit(row.first_token_timeout_ms, routing.first_token_timeout_ms),
            idle: limit(row.idle_timeout_ms, routing.idle_timeout_ms),
        }
    }

    /// The address of an endpoint; that of the chat is kept.
    fn uri(&self, path: &str) -> Uri {
        if path == self.dialect.path() {
            return self.endpoint.clone();
        }
        let base = self.row.base_url.trim_end_matches('/');
        // It was one with another path.
        let uri = format!("{base}{path}").parse();
        uri.unwrap_or_else(|_| self.endpoint.clone())
    }

    /// Puts a service account's token into a request, which may have to be fetched.
    pub(crate) async fn authorize(
        &self,
        ports: &Ports,
        limit: Duration,
        request: &mut Request<Bytes>,
    ) -> Result<(), Fault> {
        if let Some(account) = &self.account {
            let value = account.authorization(ports, &self.id, limit).await?;
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        Ok(())
    }

    /// A credential was refused that may have been good before.
    pub(crate) fn refused_credential(&self) {
        if let Some(account) = &self.account {
            account.forget();
        }
    }

    /// The request that carries it out. `request_id` goes along, so that a provider's log can be
    /// matched with ours.
    pub(crate) fn request(
        &self,
        outgoing: &Outgoing,
        request_id: &str,
        now: Timestamp,
    ) -> Request<Bytes> {
        let mut request = Request::new(outgoing.body.clone());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri(&outgoing.path);
        *request.headers_mut() = self.headers.clone();
        for (name, value) in &outgoing.headers {
            request.headers_mut().insert(name, value.clone());
        }
        if let Ok(id) = HeaderValue::from_str(request_id) {
            request.headers_mut().insert("x-request-id", id);
        }
        if let Some(secret) = &self.secret {
            self.dialect.sign(&mut request, secret, now);
        }
        request
    }
}

/// `base_url`, with or without a slash at its end, and the dialect's path.
fn endpoint(row: &config::Provider, dialect: &dyn Dialect) -> Result<Uri, Wrong> {
    let base = row.base_url.trim_end_matches('/');
    let uri: Uri = format!("{base}{}", dialect.path())
        .parse()
        .map_err(|_| ("base_url", "is not a URL"))?;
    if uri.query().is_some() || base.contains('#') {
        return Err(("base_url", "must have no query and no fragment"));
    }
    match uri.authority() {
        Some(authority) if !authority.host().is_empty() && !authority.as_str().contains('@') => {
            Ok(uri)
        }
        _ => Err(("base_url", "must have a host and no credentials")),
    }
}

fn headers(
    row: &config::Provider,
    dialect: &dyn Dialect,
    secret: Option<&Secret>,
) -> Result<HeaderMap, Wrong> {
    let mut headers = HeaderMap::with_capacity(8);
    let fixed = [
        (header::CONTENT_TYPE, "application/json"),
        (header::ACCEPT, "application/json, text/event-stream"),
        // Without it any coding is acceptable (RFC 9110, 12.5.3).
        (header::ACCEPT_ENCODING, "identity"),
        (
            header::USER_AGENT,
            concat!("openclaw-api/", env!("CARGO_PKG_VERSION")),
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in dialect.headers() {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    if let Some(secret) = secret {
        let (name, value) = match &row.key_header {
            Some(name) => (name.as_str(), secret.reveal().to_owned()),
            None => dialect.credential(secret.reveal()),
        };
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| ("key_header", "is no name of a header"))?;
        let mut value = HeaderValue::from_str(&value)
            .map_err(|_| ("api_key_env", "holds characters that a header cannot carry"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_of(row: &str) -> Result<HeaderMap, Wrong> {
        let row: config::Provider = serde_json::from_str(row).unwrap();
        Ok(Provider::new(&row, Some(Secret::new("k1")))?.headers)
    }

    #[test]
    fn a_key_travels_in_the_header_that_its_row_names() {
        let azure = r#"{"id":"a","base_url":"https://x.openai.azure.com/openai/v1","key_header":"api-key"}"#;
        let headers = headers_of(azure).unwrap();
        assert_eq!(headers["api-key"], "k1");
        assert!(headers["api-key"].is_sensitive());
        assert!(!headers.contains_key("authorization"));
        let plain = headers_of(r#"{"id":"a","base_url":"https://x.test/v1"}"#).unwrap();
        assert_eq!(plain["authorization"], "Bearer k1");
        let wrong = r#"{"id":"a","base_url":"https://x.test/v1","key_header":"api key"}"#;
        assert_eq!(headers_of(wrong).unwrap_err().0, "key_header");
    }
}
