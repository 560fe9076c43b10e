//! The chat path, for the caller of a skill.

use crate::Chat;
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, TryStreamExt};
use http::{Request, header};
use openclaw_core::{BoxFuture, Code, Error, Http, Result};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

/// [`Chat`] by requests to the gateway's own endpoint, which counts and accounts them as its caller's.
pub struct CallerChat {
    http: Arc<dyn Http>,
    token: String,
    key: Option<String>,
}

/// The host is not looked at.
const GATEWAY: &str = "https://gateway/v1";

#[derive(Deserialize)]
struct Envelope {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    code: String,
    message: String,
}

impl CallerChat {
    /// `http` leads to the chat endpoints; `token` is the caller's.
    pub fn new(http: Arc<dyn Http>, token: String) -> Self {
        Self {
            http,
            token,
            key: None,
        }
    }

    /// Its requests have this `Idempotency-Key`.
    #[must_use]
    pub fn once(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Sends a body of JSON to the endpoint at `path`, such as `/chat/completions`, and gives the answer's
    /// body, or the error that it is.
    pub async fn post(&self, path: &str, body: Bytes) -> Result<Bytes> {
        let mut request = Request::post(format!("{GATEWAY}{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = &self.key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(body).map_err(Error::internal)?;
        let answer = self.http.send(request).await.map_err(Error::internal)?;
        let status = answer.status();
        let after = answer.headers().get(header::RETRY_AFTER);
        let after = after.and_then(|text| text.to_str().ok()?.parse().ok());
        let pieces = answer.into_body();
        let whole = pieces.try_fold(BytesMut::new(), |mut whole, piece| async move {
            whole.extend_from_slice(&piece);
            Ok(whole)
        });
        let whole = whole.await.map_err(Error::internal)?.freeze();
        match status.is_success() {
            true => Ok(whole),
            false => {
                let mut error = told(&whole);
                error.retry_after = after.map(Duration::from_secs);
                Err(error)
            }
        }
    }
}

/// The error that an endpoint of ours answered with.
fn told(body: &[u8]) -> Error {
    let Ok(Envelope { error }) = serde_json::from_slice(body) else {
        return Error::internal("the chat endpoint answered no error object");
    };
    let code = Code::ALL
        .into_iter()
        .find(|code| code.as_str() == error.code);
    Error::new(code.unwrap_or(Code::SkillFailed), error.message)
}

impl Chat for CallerChat {
    fn complete(&self, body: Bytes) -> BoxFuture<'_, Result<Bytes>> {
        self.post("/chat/completions", body).boxed()
    }
}
