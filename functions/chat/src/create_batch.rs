use axum::{Extension, extract::State};
use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use http::{Request, header};
use openclaw_core::{Code, Error, Http, Result as CoreResult};
use openclaw_schema::{chat::ChatRequest, parse, parse_text};
use openclaw_web::{App, InProcess, Json, RawJson, RequestQuota, Result};
use serde::Serialize;
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

/// The most requests of a batch.
const MAX_ITEMS: usize = 50;

/// How many of them run at once.
const AT_ONCE: usize = 10;

/// Bytes of all answers together.
const MAX_BYTES: usize = 32 << 20;

/// Lifetime of the token of a request in seconds: the shortest there is. It only begins the request.
const TOKEN_SECONDS: i64 = 60;

/// The host is not looked at.
const URL: &str = "https://gateway/v1/chat/completions";

/// An answer of a batch.
#[derive(Serialize)]
pub(crate) struct BatchItem {
    /// The HTTP status.
    status: u16,
    /// The answer, or the object with the error.
    body: Box<RawValue>,
}

/// `POST /chat/completions/batch`: an array of requests, each answered, counted and accounted as one of
/// its own, and an array of answers in the same order.
pub(crate) async fn create_batch(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    RawJson(body): RawJson,
) -> Result<Json<Vec<BatchItem>>> {
    let items: Vec<&RawValue> = parse(parse_text(&body)?, "body")?;
    if items.is_empty() || items.len() > MAX_ITEMS {
        let issue = format!("must be an array of 1 to {MAX_ITEMS} requests");
        return Err(Error::invalid("body", issue).into());
    }
    gate.admit(vec![]).await?;
    let endpoints = InProcess::new(&app, crate::router(&app));
    let items: Vec<_> = items
        .into_iter()
        .map(|item| Bytes::copy_from_slice(item.get().as_bytes()))
        .collect();
    // Boxed one by one: all of them together are too much for one future.
    let asked = items.into_iter().map(|item| {
        let (app, gate, endpoints) = (app.clone(), gate.clone(), endpoints.clone());
        async move {
            let asked = ask(&app, &gate, &endpoints, item).await;
            asked.unwrap_or_else(|error| failed(&error))
        }
        .boxed()
    });
    let answers = stream::iter(asked).buffered(AT_ONCE);
    let answers = answers.scan(MAX_BYTES, |left, item: BatchItem| {
        let fits = left.checked_sub(item.body.get().len());
        let item = match fits {
            Some(rest) => {
                *left = rest;
                item
            }
            None => failed(&Error::new(
                Code::PayloadTooLarge,
                "The answers of the batch are more than 32 MiB together",
            )),
        };
        std::future::ready(Some(item))
    });
    Ok(Json(answers.collect().await))
}

async fn ask(
    app: &App,
    gate: &RequestQuota,
    endpoints: &InProcess,
    item: Bytes,
) -> CoreResult<BatchItem> {
    if ChatRequest::parse(&item)?.stream {
        return Err(Error::invalid("stream", "must be false in a batch"));
    }
    let caller = gate.caller();
    let now = app.ports.clock.now();
    let (key, generation) = (&caller.key.id, caller.generation());
    let token = app
        .authenticator
        .pass(key, generation, TOKEN_SECONDS, now)?;
    let request = Request::post(URL)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(item)
        .map_err(Error::internal)?;
    let answer = endpoints.send(request).await.map_err(Error::internal)?;
    let status = answer.status().as_u16();
    let pieces = answer.into_body();
    let whole = pieces.try_fold(BytesMut::new(), |mut whole, piece| async move {
        whole.extend_from_slice(&piece);
        Ok(whole)
    });
    let whole = whole.await.map_err(Error::internal)?;
    let body = serde_json::from_slice(&whole).map_err(Error::internal)?;
    Ok(BatchItem { status, body })
}

fn failed(error: &Error) -> BatchItem {
    let body = to_raw_value(&json!({"error": error.body()}));
    BatchItem {
        status: error.code.status(),
        // Our own types always serialize; if one did not, null would say so.
        body: body.unwrap_or_default(),
    }
}
