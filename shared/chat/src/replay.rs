//! Streams whose answers are kept, and those that were.

use crate::{
    admit::AdmittedChat,
    cache::{Cache, Entry},
    complete::{looked_at, write_cached, write_served},
    guard::guarded,
    relay::{EventWriter, stream_headers},
};
use axum::{body::Body, response::Response};
use bytes::BytesMut;
use openclaw_guardrails::Guards;
use openclaw_providers::{CompletionBuilder, Served};
use openclaw_usage::Status;
use std::sync::Arc;

/// An answer that was kept, in one write: nobody is called, and it costs nothing.
pub(crate) async fn replayed(
    admitted: AdmittedChat,
    entry: &Entry,
    mut writer: Box<dyn EventWriter>,
) -> openclaw_web::Result<Response> {
    let AdmittedChat {
        mut accounting,
        guards,
        ..
    } = admitted;
    accounting.cached(entry);
    let answer = looked_at(&mut accounting, guards.as_ref(), entry.completion()).await?;
    let mut out = BytesMut::new();
    for chunk in answer.chunks()? {
        writer.chunk(&chunk, &mut out);
    }
    let settlement = &mut accounting.settlement;
    let (usage, cost) = settlement.usage();
    if let Some(before) = writer.before_end(&usage, cost) {
        before.await?;
    }
    settlement.settle(Status::Completed).await?;
    writer.end(&usage, cost, &mut out);
    let mut response = Response::new(Body::from(out.freeze()));
    let mut headers = stream_headers();
    write_served(&mut headers, Some(&entry.provider), 0);
    write_cached(&mut headers, true);
    *response.headers_mut() = headers;
    Ok(response)
}

/// A stream whose answer is kept once it is whole.
pub(crate) struct Keeping {
    cache: Cache,
    pub(crate) whole: CompletionBuilder,
    pub(crate) served: Option<Served>,
    guards: Option<Arc<Guards>>,
}

impl Keeping {
    pub(crate) fn new(cache: Cache, guards: Option<Arc<Guards>>) -> Self {
        Self {
            cache,
            whole: CompletionBuilder::default(),
            served: None,
            guards,
        }
    }

    pub(crate) async fn keep(self) {
        let answer = self.whole.build();
        let answer = answer.and_then(|answer| guarded(self.guards.as_ref(), answer));
        if let (Ok(answer), Some(served)) = (answer, self.served) {
            self.cache.keep(&answer, &served).await;
        }
    }
}
