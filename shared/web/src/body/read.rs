//! Reading a request's body: in time, within its size and within the memory for all of them.

use super::budget::Share;
use crate::{App, Result};
use axum::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use futures_util::{
    FutureExt, StreamExt,
    future::{Either, select},
};
use http::{HeaderMap, header, request::Parts};
use openclaw_core::{Clock, Code, Error, Timestamp};
use std::{io::Read, sync::Arc, time::Duration};

/// How large the body of a request may be, in bytes: in the extensions of requests that were
/// authenticated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimit(pub(crate) usize);

/// The largest body of a request that nobody authenticated, in bytes.
const UNAUTHENTICATED: usize = 16 * 1024;

/// How long a body may take that nobody authenticated.
const UNAUTHENTICATED_TIME: Duration = Duration::from_secs(10);

/// How long any body may take.
pub(super) const TOTAL: Duration = Duration::from_secs(600);

/// How long a body may pause, and for how long it may come slower than [`RATE`].
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes a second that a body must come with, on the average after [`PATIENCE`].
const RATE: usize = 16 * 1024;

/// How much of a refused body is read and thrown away, so that a client that is still writing gets to
/// read the refusal instead of a reset connection.
pub(super) const MAX_DISCARDED: usize = 16 * 1024 * 1024;

/// The whole body, decoded; `parts` say nothing of an encoding afterwards. 413 when it is too large,
/// 400 when it comes too slowly, 415 for an encoding that is not gzip, 503 while there is no
/// memory for it.
pub(crate) async fn read(app: &App, parts: &mut Parts, body: Body) -> Result<Bytes> {
    let (limit, total) = match parts.extensions.get() {
        Some(BodyLimit(limit)) => (*limit, TOTAL),
        None => (UNAUTHENTICATED, UNAUTHENTICATED_TIME),
    };
    let is_gzip = is_gzip(&parts.headers)?;
    let mut share = app.bodies.share();
    let pace = Pace::new(app.ports.clock.clone(), total);
    let body = collect(pace, body, limit, &mut share).await?;
    if !is_gzip {
        return Ok(share.hold(body));
    }
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut share = app.bodies.share();
    let decoded = decode(&body, limit, &mut share)?;
    Ok(share.hold(decoded))
}

pub(super) fn is_gzip(headers: &HeaderMap) -> Result<bool> {
    let Some(encoding) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(false);
    };
    match encoding.to_str().map(str::to_ascii_lowercase).as_deref() {
        Ok("gzip" | "x-gzip") => Ok(true),
        Ok("identity" | "") => Ok(false),
        _ => {
            let message = "Content-Encoding must be gzip or identity";
            Err(Error::new(Code::UnsupportedMediaType, message).into())
        }
    }
}

fn too_large(limit: usize) -> Error {
    let message = format!("The body must be at most {limit} bytes");
    Error::new(Code::PayloadTooLarge, message)
}

async fn collect(
    mut pace: Pace,
    body: Body,
    limit: usize,
    share: &mut Share,
) -> Result<Bytes, Error> {
    let mut chunks = body.into_data_stream();
    let Some(first) = pace.next(&mut chunks).await? else {
        return Ok(Bytes::new());
    };
    let mut rest = BytesMut::new();
    let mut kept = keep(&first, 0, limit, share);
    while pace.received <= limit.saturating_add(MAX_DISCARDED) {
        let before = pace.received;
        let Some(chunk) = pace.next(&mut chunks).await? else {
            break;
        };
        if kept.is_ok() {
            kept = keep(&chunk, before, limit, share);
        }
        if kept.is_err() {
            rest = BytesMut::new();
            share.give_back();
            continue;
        }
        if rest.is_empty() {
            rest.extend_from_slice(&first);
        }
        rest.extend_from_slice(&chunk);
    }
    kept?;
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

/// Takes room for `chunk` after `before` bytes; 413, 503.
fn keep(chunk: &[u8], before: usize, limit: usize, share: &mut Share) -> Result<(), Error> {
    if before + chunk.len() > limit {
        return Err(too_large(limit));
    }
    share.grow(chunk.len())
}

fn decode(gzip: &[u8], limit: usize, share: &mut Share) -> Result<Bytes, Error> {
    let mut decoder = MultiGzDecoder::new(gzip);
    let (mut decoded, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let broken = |error| Error::invalid("body", format!("is not valid gzip: {error}"));
        match decoder.read(&mut piece).map_err(broken)? {
            0 => return Ok(decoded.into()),
            length => {
                keep(&piece[..length], decoded.len(), limit, share)?;
                decoded.extend_from_slice(&piece[..length]);
            }
        }
    }
}

/// How a body comes.
pub(super) struct Pace {
    clock: Arc<dyn Clock>,
    started: Timestamp,
    /// When the whole body must be there.
    end: Timestamp,
    received: usize,
}

impl Pace {
    pub(super) fn new(clock: Arc<dyn Clock>, total: Duration) -> Self {
        let started = clock.now();
        Self {
            clock,
            started,
            end: started + total,
            received: 0,
        }
    }

    /// The next chunk, `None` at the end; 400 where it does not come in time.
    pub(super) async fn next(
        &mut self,
        chunks: &mut BodyDataStream,
    ) -> Result<Option<Bytes>, Error> {
        // What is there already needs no timer.
        let chunk = match chunks.next().now_or_never() {
            Some(chunk) => chunk,
            None => {
                let now = self.clock.now();
                let wait = self.due(now).duration_since(now);
                match select(chunks.next(), self.clock.sleep(wait)).await {
                    Either::Left((chunk, _)) => chunk,
                    Either::Right(_) => return Err(Error::invalid("body", "came too slowly")),
                }
            }
        };
        let broken = |error| Error::invalid("body", format!("was cut off: {error}"));
        let chunk = chunk.transpose().map_err(broken)?;
        self.received += chunk.as_ref().map_or(0, Bytes::len);
        Ok(chunk)
    }

    /// When the next chunk must be there.
    fn due(&self, now: Timestamp) -> Timestamp {
        let earned = Duration::from_millis((self.received * 1000 / RATE) as u64);
        let by_rate = self.started + PATIENCE + earned;
        by_rate.min(now + PATIENCE).min(self.end)
    }
}
