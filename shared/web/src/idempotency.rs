//! `Idempotency-Key`: the same key and body within 24 h gives the first answer.
//!
//! The key is claimed in the account's ledger before the handler runs, so of two racing requests
//! one runs; the other, and one with a different body, gets 409. Only successes are kept: a
//! request that failed, or whose client left, may be tried again under its key. An answer marked
//! `Cache-Control: no-store` (RFC 9111, a new key's secret) is never kept.

use crate::{
    App, Result,
    body::{read, streamed},
};
use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderValue, Method, header, request::Parts};
use http_body::Body as _;
use openclaw_core::{
    Code, Error, Ports,
    ledger::{Item, Outcome, Step, When},
    time::{self, DAY, MINUTE},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";

/// The largest answer that is kept, in bytes; the ledger holds documents of up to 300 KiB.
const MAX_KEPT: usize = 256 * 1024;

/// How long a claim stands whose request neither ended nor was dropped: its process died.
const CLAIM_SECONDS: i64 = 10 * MINUTE;

/// What marks the end of a stream that succeeded, in both of our dialects.
const STREAM_END: &[u8] = b"[DONE]\n\n";

/// The `Cache-Control` of answers that must exist once.
pub(crate) const NO_STORE: &str = "no-store";

#[derive(Deserialize, Serialize)]
struct Record {
    /// SHA-256 over path and body.
    fingerprint: String,
    state: State,
}

#[derive(Deserialize, Serialize)]
enum State {
    Running,
    /// Too large, or it held a secret.
    Unkept,
    Answered {
        status: u16,
        content_type: String,
        body: String,
    },
}

/// Runs the handler, or answers what it answered before.
///
/// `account` is the ledger partition the keys belong to.
pub(crate) async fn run(app: &App, account: &str, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    once(app, account, request, next)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn once(app: &App, account: &str, request: Request, next: Next) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body = read(&*app.ports.clock, body).await?;
    let mut claim = Claim {
        ports: app.ports.clone(),
        account: account.to_string(),
        key: format!("idem/{}", hex(&[key(&parts)?])),
        fingerprint: hex(&[parts.uri.path().as_bytes(), b"\n", &body]),
        held: false,
    };
    if let Some(answer) = claim.take_or_answer().await? {
        return Ok(answer);
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if !response.status().is_success() {
        return Ok(response);
    }
    keep(claim, response).await
}

fn key(parts: &Parts) -> Result<&[u8]> {
    let value = parts
        .headers
        .get(HEADER)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    if !(1..=255).contains(&value.len()) {
        return Err(Error::invalid("Idempotency-Key", "must have 1 to 255 characters").into());
    }
    Ok(value)
}

fn hex(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Keeps a success before it is shown; of a stream, before its end is.
async fn keep(claim: Claim, response: Response) -> Result<Response> {
    let no_store = response.headers().get(header::CACHE_CONTROL);
    if no_store.is_some_and(|value| value == NO_STORE) {
        claim.end(State::Unkept).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let status = parts.status.as_u16();
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_string();
    if body.size_hint().exact().is_none() {
        let body = streamed(recorded(claim, status, kind, body).boxed());
        return Ok(Response::from_parts(parts, body));
    }
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(Error::internal)?;
    claim.answer(status, kind, &body).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// The stream as it is, while its first [`MAX_KEPT`] bytes are held on to.
fn recorded(
    claim: Claim,
    status: u16,
    kind: String,
    body: Body,
) -> impl Stream<Item = std::result::Result<Bytes, axum::Error>> {
    let start = (body.into_data_stream(), claim, kind, Vec::new());
    stream::try_unfold(Some(start), move |state| async move {
        let Some((mut body, claim, kind, mut seen)) = state else {
            return Ok(None);
        };
        if let Some(chunk) = body.next().await.transpose()? {
            // One byte too many says that it was too large.
            let room = (MAX_KEPT + 1).saturating_sub(seen.len()).min(chunk.len());
            seen.extend_from_slice(&chunk[..room]);
            if seen.ends_with(STREAM_END) {
                claim
                    .answer(status, kind, &seen)
                    .await
                    .map_err(|error| axum::Error::new(error.0))?;
                return Ok(Some((chunk, None)));
            }
            return Ok(Some((chunk, Some((body, claim, kind, seen)))));
        }
        if seen.len() > MAX_KEPT {
            claim
                .answer(status, kind, &seen)
                .await
                .map_err(|error| axum::Error::new(error.0))?;
        }
        Ok(None)
    })
}

/// A key that this request runs under. Dropped without an answer, it is free again.
struct Claim {
    ports: Ports,
    account: String,
    key: String,
    fingerprint: String,
    held: bool,
}

impl Claim {
    /// Takes the key (`None`), or gives the answer that was given under it; 409.
    async fn take_or_answer(&mut self) -> Result<Option<Response>> {
        let put = self.put(State::Running, When::Absent, CLAIM_SECONDS)?;
        match self.ports.ledger.transact(&self.account, vec![put]).await? {
            Outcome::Applied(applied) => {
                self.held = true;
                applied.durable.await?;
                Ok(None)
            }
            Outcome::Refused { .. } => self.replay().await.map(Some),
        }
    }

    async fn replay(&self) -> Result<Response> {
        let conflict =
            |message: &'static str| Err(Error::new(Code::IdempotencyConflict, message).into());
        let found = self.ports.ledger.get(&self.account, &self.key).await?;
        let Some(document) = found.as_ref().and_then(Item::document) else {
            return conflict("The first request with this Idempotency-Key just ended, try again");
        };
        let record: Record = serde_json::from_slice(document).map_err(Error::internal)?;
        if record.fingerprint != self.fingerprint {
            return conflict("This Idempotency-Key was used with a different request");
        }
        match record.state {
            State::Running => conflict("The first request with this Idempotency-Key still runs"),
            State::Unkept => {
                conflict("It was done, but the answer was too large or too secret to be kept")
            }
            State::Answered {
                status,
                content_type,
                body,
            } => {
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status.try_into().map_err(Error::internal)?;
                let kind = HeaderValue::from_str(&content_type).map_err(Error::internal)?;
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
                response
                    .headers_mut()
                    .insert("idempotent-replayed", HeaderValue::from_static("true"));
                Ok(response)
            }
        }
    }

    async fn answer(self, status: u16, content_type: String, body: &[u8]) -> Result<()> {
        let state = match std::str::from_utf8(body) {
            Ok(body) if body.len() <= MAX_KEPT => State::Answered {
                status,
                content_type,
                body: body.into(),
            },
            _ => State::Unkept,
        };
        self.end(state).await
    }

    /// Answered, or not: the handler has run, and must not run again under this key.
    async fn end(mut self, state: State) -> Result<()> {
        let put = self.put(state, When::Always, DAY)?;
        if let Outcome::Applied(applied) =
            self.ports.ledger.transact(&self.account, vec![put]).await?
        {
            self.held = false;
            applied.durable.await?;
        }
        Ok(())
    }

    fn put(&self, state: State, when: When, seconds: i64) -> Result<Step> {
        let record = Record {
            fingerprint: self.fingerprint.clone(),
            state,
        };
        Ok(Step::Put {
            key: self.key.clone(),
            document: serde_json::to_vec(&record).map_err(Error::internal)?.into(),
            when,
            expires: Some(time::shift(self.ports.clock.now(), seconds)),
        })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.held {
            let (ports, account) = (self.ports.clone(), std::mem::take(&mut self.account));
            let delete = Step::Delete {
                key: std::mem::take(&mut self.key),
                when: When::Always,
            };
            self.ports.spawn.spawn(Box::pin(async move {
                if let Err(error) = ports.ledger.transact(&account, vec![delete]).await {
                    tracing::warn!(%error, "an idempotency key stays claimed until it expires");
                }
            }));
        }
    }
}
