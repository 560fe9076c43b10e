//! Google's service accounts, for Vertex AI: what the account's key signed buys a token, which is used until
//! shortly before its end (<https://developers.google.com/identity/protocols/oauth2/service-account>, RFC 7523).

use crate::{body::Body, fault::Fault, provider::Wrong};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderValue, Request, Uri, header};
use openclaw_core::{Ports, Timestamp, time};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;
use std::{
    fmt,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What the token opens.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How the token is asked for.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How long what is signed may be exchanged, in seconds: the most that Google takes.
const ASSERTION_SECONDS: i64 = time::HOUR;

/// A token is no longer used so many seconds before its end: a request takes its time.
const MARGIN: i64 = 300;

/// Bytes of an answer with a token.
const MAX_ANSWER: usize = 64 << 10;

/// The file that Google gives for a service account's key.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    token_uri: String,
}

/// A service account, and the token that it has.
pub(crate) struct ServiceAccount {
    key_id: String,
    /// PKCS #8.
    key: Bytes,
    email: String,
    token_uri: Uri,
    held: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    header: HeaderValue,
    until: Timestamp,
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("ServiceAccount");
        shown.field("email", &self.email).finish_non_exhaustive()
    }
}

impl ServiceAccount {
    /// Reads a credential that is a key file; `None` for one that is something else.
    pub(crate) fn read(credential: &str) -> Option<Result<Self, Wrong>> {
        let is_json = credential.trim_start().starts_with('{');
        is_json.then(|| {
            let issue = "holds JSON that is no key file of a Google service account";
            Self::of(credential).ok_or(("api_key_env", issue))
        })
    }

    fn of(json: &str) -> Option<Self> {
        let file: KeyFile = serde_json::from_str(json).ok()?;
        let lines = file.private_key.lines().map(str::trim);
        let base64: String = lines.filter(|line| !line.starts_with("-----")).collect();
        let token_uri: Uri = file.token_uri.parse().ok()?;
        let has_host = token_uri.host().is_some_and(|host| !host.is_empty());
        (file.kind == "service_account" && has_host).then_some(())?;
        Some(Self {
            key_id: file.private_key_id,
            key: STANDARD.decode(base64).ok()?.into(),
            email: file.client_email,
            token_uri,
            held: Mutex::default(),
        })
    }

    /// `Authorization` of a request, with the token that is held or a new one. Requests that find none at the same
    /// time each ask for one: what one request waits for, another must not on every platform.
    pub(crate) async fn authorization(
        &self,
        ports: &Ports,
        provider: &Arc<str>,
        limit: Duration,
    ) -> Result<HeaderValue, Fault> {
        let now = ports.clock.now();
        if let Some(token) = self.lock().as_ref().filter(|token| now < token.until) {
            return Ok(token.header.clone());
        }
        let asked = pin!(self.ask(ports, provider, limit));
        let token = match select(asked, ports.clock.sleep(limit)).await {
            Either::Left((token, _)) => token?,
            Either::Right(_) => return Err(Fault::timeout(provider, None, limit)),
        };
        let header = token.header.clone();
        *self.lock() = Some(token);
        Ok(header)
    }

    /// The token that is held is no good any more.
    pub(crate) fn forget(&self) {
        *self.lock() = None;
    }

    async fn ask(
        &self,
        ports: &Ports,
        provider: &Arc<str>,
        idle: Duration,
    ) -> Result<Token, Fault> {
        let refused = |status, cause: String| Fault::credential(provider, status, cause);
        let now = ports.clock.now();
        let claims = self.claims(now);
        let signature = ports.signer.rs256(self.key.clone(), claims.clone().into());
        let signature = signature.await;
        let signature = signature.map_err(|error| refused(None, error.to_string()))?;
        let assertion = format!("{claims}.{}", URL_SAFE_NO_PAD.encode(signature));
        let grant = utf8_percent_encode(GRANT, NON_ALPHANUMERIC);
        let body = format!("grant_type={grant}&assertion={assertion}");
        let request = Request::post(&self.token_uri)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(body.into());
        let request = request.map_err(|error| refused(None, error.to_string()))?;
        let answer = ports.http.send(request).await;
        let answer = answer.map_err(|error| Fault::unanswered(provider, &error))?;
        let (head, body) = answer.into_parts();
        let mut body = Body::new(body, &head.headers, Arc::clone(&ports.clock), idle);
        let status = head.status.as_u16();
        let body = body.read_all(Bytes::new(), MAX_ANSWER).await;
        let body = body.map_err(|cut| Fault::cut(provider, status, cut))?;
        match head.status.is_success() {
            true => token(&body, now).ok_or_else(|| refused(Some(status), "no token".into())),
            false => Err(refused(Some(status), why(&body))),
        }
    }

    /// A JWT (RFC 7519) without its signature: who asks, for what, and whom.
    fn claims(&self, now: Timestamp) -> String {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": self.key_id});
        let issued = now.as_second();
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri.to_string(),
            "iat": issued,
            "exp": issued + ASSERTION_SECONDS,
        });
        let encode = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}", encode(header), encode(claims))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Token>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The token in an answer that came for what was asked at `asked`.
fn token(body: &[u8], asked: Timestamp) -> Option<Token> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        expires_in: i64,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    let mut header = HeaderValue::from_str(&format!("Bearer {}", answer.access_token)).ok()?;
    header.set_sensitive(true);
    let until = time::shift(asked, answer.expires_in.saturating_sub(MARGIN));
    Some(Token { header, until })
}

/// Why no token was given (RFC 6749, section 5.2), for the log.
fn why(body: &[u8]) -> String {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Refused {
        error: String,
        error_description: String,
    }
    let refused: Refused = serde_json::from_slice(body).unwrap_or_default();
    let words = format!("{}: {}", refused.error, refused.error_description);
    words.chars().take(300).collect()
}
