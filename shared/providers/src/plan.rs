//! A request that is ready to be sent.

use crate::{
    ChunkStream, Completion, Failure, Model, Providers, Reply,
    call::{Streamed, Whole},
    dialect::{Input, convert},
    route,
};
use bytes::Bytes;
use openclaw_core::{Ports, Result};
use openclaw_schema::{chat::ChatRequest, config::Dialect};
use std::sync::Arc;

/// A chat request, converted for its model.
#[derive(Debug)]
pub struct Plan {
    pub(crate) providers: Arc<Providers>,
    pub(crate) model: Arc<Model>,
    pub(crate) request_id: String,
    body: Bytes,
    stream: bool,
    /// The conversion that was made at once, and for which dialect.
    dialect: Dialect,
    converted: Bytes,
}

impl Providers {
    /// Converts `request`, which was parsed from `body`, for `model`. A request that the model's
    /// provider cannot be asked is an error that names the field.
    ///
    /// The conversion depends on the model and the dialect, not on the target, so the targets of
    /// a model share it; `body` is kept and parsed again only for a target of another dialect or
    /// for a fallback. `stream` says which of [`Plan::complete`] and [`Plan::stream`] follows.
    pub fn plan(
        self: &Arc<Self>,
        model: &Arc<Model>,
        request: &ChatRequest<'_>,
        body: Bytes,
        stream: bool,
        request_id: &str,
    ) -> Result<Plan> {
        let input = Input {
            request,
            model,
            stream,
        };
        let dialects = model.targets.iter().map(|target| target.provider.dialect);
        let mut refused = None;
        for dialect in dialects {
            if refused.as_ref().is_some_and(|(first, _)| *first == dialect) {
                continue;
            }
            match convert(dialect, &input) {
                Ok(converted) => {
                    return Ok(Plan {
                        providers: Arc::clone(self),
                        model: Arc::clone(model),
                        request_id: request_id.into(),
                        body,
                        stream,
                        dialect,
                        converted,
                    });
                }
                Err(error) => refused = refused.or(Some((dialect, error))),
            }
        }
        Err(refused.map_or_else(
            || openclaw_core::Error::internal("a model without targets"),
            |(_, error)| error,
        ))
    }
}

impl Plan {
    /// Sends it and waits for the whole answer.
    pub fn complete(
        self,
        ports: Ports,
    ) -> impl Future<Output = Result<Reply<Completion>, Failure>> + Send + 'static {
        route::run::<Whole>(self, ports)
    }

    /// Sends it and waits until the answer has started: its head has come, and either its first
    /// event or a moment without one. From then on nothing is retried.
    pub fn stream(
        self,
        ports: Ports,
    ) -> impl Future<Output = Result<Reply<ChunkStream>, Failure>> + Send + 'static {
        route::run::<Streamed>(self, ports)
    }

    /// The request as a model and a dialect have it.
    pub(crate) fn convert(&self, model: &Arc<Model>, dialect: Dialect) -> Result<Bytes> {
        if dialect == self.dialect && Arc::ptr_eq(model, &self.model) {
            return Ok(self.converted.clone());
        }
        let request = ChatRequest::parse(&self.body)?;
        let input = Input {
            request: &request,
            model,
            stream: self.stream,
        };
        convert(dialect, &input)
    }
}
