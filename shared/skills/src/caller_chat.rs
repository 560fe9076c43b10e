//! The chat path, for the caller of a skill.

use crate::Chat;
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, TryStreamExt};
use http::{Request, header};
use openclaw_core::{BoxFuture, Code, Error, Http, Result};
use serde::Deserialize;
use std::sync::Arc;

/// [`Chat`] by requests to the gateway's own endpoint, which counts and accounts them as its caller's.
pub struct CallerChat {
    http: Arc<dyn Http>,
    token: String,
}

/// The host is not looked at.
const URL: &str = "https://gateway/v1/chat/completions";

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
        Self { http, token }
    }

    async fn ask(&self, body: Bytes) -> Result<Bytes> {
        let request = Request::post(URL)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(Error::internal)?;
        let answer = self.http.send(request).await.map_err(Error::internal)?;
        let status = answer.status();
        let pieces = answer.into_body();
        let whole = pieces.try_fold(BytesMut::new(), |mut whole, piece| async move {
            whole.extend_from_slice(&piece);
            Ok(whole)
        });
        let whole = whole.await.map_err(Error::internal)?.freeze();
        match status.is_success() {
            true => Ok(whole),
            false => Err(told(&whole)),
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
        self.ask(body).boxed()
    }
}
