//! `Idempotency-Key`: the same key and body within 24 h gives the first answer.
//!
//! The key is claimed in the account's ledger after the request was counted and before the handler
//! runs, so of two racing requests one runs; the other, and one with a different body or of another
//! API key, gets 409. Only successes are kept: a request that failed, or whose client left, may be
//! tried again under its key. A step of a workflow's run takes over what an earlier attempt of it left
//! running: whoever works on a run is alone, so that attempt was cut off. An answer marked `Cache-Control: no-store` (RFC 9111, a new key's
//! secret) is never kept, and of an account's answers only so many bytes a day.

use crate::{
    App, Result,
    body::{NO_STORE, read, streamed},
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
use openclaw_auth::{Caller, Holder, OPERATOR};
use openclaw_core::{
    Code, Error, Ports, Timestamp,
    ledger::{Delta, Item, Outcome, Step, When},
    time::{self, DAY, MINUTE},
};
use openclaw_schema::audit::Actor;
use openclaw_usage::{Spender, ensure_budget_left};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};

const HEADER: &str = "idempotency-key";

/// The largest answer that is kept, in bytes; the ledger holds documents of up to 300 KiB.
const MAX_KEPT: usize = 256 * 1024;

/// How long a claim stands whose request neither ended nor was dropped: its process died.
const CLAIM_SECONDS: i64 = 10 * MINUTE;

/// When to ask again for an answer whose request still runs.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Bytes of answers that are kept of an account in a UTC day; the answers to further requests are not.
const MAX_KEPT_A_DAY: i64 = 32 * 1024 * 1024;

/// How the last event of a stream begins that succeeded: of chats, of Anthropic's messages, of responses.
const LAST_EVENTS: [&[u8]; 5] = [
    b"data: [DONE]",
    b"data:[DONE]",
    b"event: message_stop\n",
    b"event: response.completed\n",
    b"event: response.incomplete\n",
];

/// Whether a stream that succeeded ends so.
fn has_ended(seen: &[u8]) -> bool {
    let Some(seen) = seen.strip_suffix(b"\n\n") else {
        return false;
    };
    let last = memchr::memmem::rfind(seen, b"\n\n").map_or(seen, |at| &seen[at + 2..]);
    LAST_EVENTS.iter().any(|event| last.starts_with(event))
}

#[derive(Deserialize, Serialize)]
struct Record {
    /// SHA-256 over path, API key's id and body.
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

/// Who sends a request, and with that whose answers may be given to it again.
pub(crate) enum Owner {
    Operator,
    Caller(Arc<Caller>),
}

impl Owner {
    /// As the audit log names it.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Operator => Actor::Operator,
            Self::Caller(caller) => Actor::Key {
                id: caller.key.id.clone(),
                account: caller.account.id.clone(),
            },
        }
    }

    /// The ledger's partition that answers are kept in.
    fn account(&self) -> &str {
        match self {
            Self::Operator => OPERATOR,
            Self::Caller(caller) => &caller.account.id,
        }
    }

    fn key(&self) -> &str {
        match self {
            Self::Operator => OPERATOR,
            Self::Caller(caller) => &caller.key.id,
        }
    }

    /// The run of a workflow that the request is a step of.
    fn run(&self) -> Option<&str> {
        match self {
            Self::Operator => None,
            Self::Caller(caller) => caller.run(),
        }
    }

    /// 402, 403: an answer of before is refused where its request would be by now.
    async fn ensure_may_ask(&self, app: &App, body: &[u8]) -> Result<()> {
        let Self::Caller(caller) = self else {
            return Ok(());
        };
        let Holder { account, key, .. } = &***caller;
        if let (Some(allowed), Some(model)) = (&key.models, model_of(body))
            && !allowed.contains(&model)
        {
            let message = format!("The key may not use model '{model}'");
            return Err(Error::new(Code::Forbidden, message).into());
        }
        let (ledger, now) = (&*app.ports.ledger, app.ports.clock.now());
        Ok(ensure_budget_left(ledger, Spender { account, key }, now).await?)
    }
}

/// The model that a request names, where it does.
fn model_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Asked {
        model: Option<String>,
    }
    let asked: Asked = serde_json::from_slice(body).ok()?;
    asked.model
}

/// Whether an answer may be kept, or come from what was kept.
pub(crate) fn applies(request: &Request) -> bool {
    request.method() == Method::POST && request.headers().contains_key(HEADER)
}

/// Runs the handler, or answers what it answered before.
pub(crate) async fn run(app: &App, owner: Owner, request: Request, next: Next) -> Response {
    if !applies(&request) {
        return next.run(request).await;
    }
    once(app, &owner, request, next)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn once(app: &App, owner: &Owner, request: Request, next: Next) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    let body = read(app, &mut parts, body).await?;
    let path = parts.uri.path().as_bytes();
    // A step's key is none that a client could send. What its templates make may change with the time.
    let (key, about): (String, &[u8]) = match owner.run() {
        Some(run) => (hex(&[run.as_bytes(), b"\n", key(&parts)?]), b""),
        None => (hex(&[key(&parts)?]), &body),
    };
    let mut claim = Claim {
        ports: app.ports.clone(),
        account: owner.account().to_string(),
        key: format!("idem/{key}"),
        fingerprint: hex(&[path, b"\n", owner.key().as_bytes(), b"\n", about]),
        takes_over: owner.run().is_some(),
        held: false,
    };
    if let Some(answer) = claim.take_or_answer().await? {
        owner.ensure_may_ask(app, &body).await?;
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
            if has_ended(&seen) {
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
    /// Whether it takes the key from a request that did not come to its end, or whose answer was not kept.
    takes_over: bool,
    held: bool,
}

impl Claim {
    /// Takes the key (`None`), or gives the answer that was given under it; 409.
    async fn take_or_answer(&mut self) -> Result<Option<Response>> {
        if self.take(When::Absent).await? {
            return Ok(None);
        }
        let found = self.ports.ledger.get(&self.account, &self.key).await?;
        let found = found.as_ref().and_then(Item::document);
        let found = found.map(|document| serde_json::from_slice::<Record>(document));
        let found = found.transpose().map_err(Error::internal)?;
        let is_answered =
            matches!(&found, Some(record) if matches!(record.state, State::Answered { .. }));
        if self.takes_over && !is_answered && self.take(When::Always).await? {
            return Ok(None);
        }
        self.replay(found).map(Some)
    }

    /// Takes the key for as long as the request runs; `false` where what is there is not as `when` says.
    async fn take(&mut self, when: When) -> Result<bool> {
        let put = self.put(State::Running, when, CLAIM_SECONDS)?;
        match self.ports.ledger.transact(&self.account, vec![put]).await? {
            Outcome::Applied(applied) => {
                self.held = true;
                applied.durable.await?;
                Ok(true)
            }
            Outcome::Refused { .. } => Ok(false),
        }
    }

    fn replay(&self, found: Option<Record>) -> Result<Response> {
        let conflict =
            |message: &'static str| Err(Error::new(Code::IdempotencyConflict, message).into());
        let Some(record) = found else {
            return conflict("The first request with this Idempotency-Key just ended, try again");
        };
        if record.fingerprint != self.fingerprint {
            return conflict("This Idempotency-Key was used with a different request");
        }
        match record.state {
            State::Running => {
                let message = "The first request with this Idempotency-Key still runs";
                let error = Error::new(Code::IdempotencyConflict, message);
                Err(error.with_retry_after(RETRY_AFTER).into())
            }
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
        match std::str::from_utf8(body) {
            Ok(text) if text.len() <= MAX_KEPT => {
                let state = State::Answered {
                    status,
                    content_type,
                    body: text.into(),
                };
                self.end(state).await
            }
            _ => self.end(State::Unkept).await,
        }
    }

    /// Answered, or not: the handler has run, and must not run again under this key.
    async fn end(mut self, state: State) -> Result<()> {
        let now = self.ports.clock.now();
        let mut steps = vec![];
        if let State::Answered { body, .. } = &state {
            // What the account's own clients may have kept is theirs.
            let counted = if self.takes_over {
                "kept-steps"
            } else {
                "kept"
            };
            steps.push(kept(counted, body.len(), now));
        }
        steps.push(self.put(state, When::Always, DAY)?);
        let outcome = self.ports.ledger.transact(&self.account, steps).await?;
        let outcome = match outcome {
            // The day's bytes are used up.
            Outcome::Refused { .. } => {
                let put = self.put(State::Unkept, When::Always, DAY)?;
                self.ports.ledger.transact(&self.account, vec![put]).await?
            }
            applied => applied,
        };
        if let Outcome::Applied(applied) = outcome {
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

/// The step that counts the bytes of an answer; refused where the day's are used up.
fn kept(counted: &str, bytes: usize, now: Timestamp) -> Step {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    Step::Add {
        key: format!("{counted}/{}", time::day(now)),
        deltas: vec![Delta::bounded("bytes", bytes, MAX_KEPT_A_DAY)],
        expires: Some(time::shift(now, 2 * DAY)),
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

#[cfg(test)]
mod tests {
    use super::has_ended;

    #[test]
    fn the_last_event_of_each_dialect_ends_a_stream() {
        for last in [
            "data: [DONE]",
            "data:[DONE]",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}",
            "event: response.completed\ndata: {\"type\":\"response.completed\"}",
        ] {
            let stream = |last: &str| format!("event: x\ndata: {{}}\n\n{last}\n\n").into_bytes();
            assert!(has_ended(&stream(last)), "{last}");
            assert!(has_ended(format!("{last}\n\n").as_bytes()), "{last}");
            assert!(
                !has_ended(&stream(&format!("{last}\n\ndata: {{}}"))),
                "{last}"
            );
            assert!(!has_ended(last.as_bytes()), "{last}");
        }
        assert!(!has_ended(b"event: error\ndata: {}\n\n"));
        assert!(!has_ended(b"data: {\"content\":\"[DONE]\"}\n\n"));
    }
}
