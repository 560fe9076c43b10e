//! A request that is ready to be sent.

use crate::{
    ChunkStream, Completion, Failure, Model, Providers, Reply,
    call::{Streamed, Whole},
    dialect::{Input, convert},
    provider::Provider,
    route,
};
use bytes::Bytes;
use openclaw_core::{Error, Ports, Result};
use openclaw_schema::chat::ChatRequest;
use std::sync::Arc;

/// A chat request, converted for its model.
#[derive(Debug)]
pub struct Plan {
    pub(crate) providers: Arc<Providers>,
    pub(crate) model: Arc<Model>,
    pub(crate) request_id: String,
    body: Bytes,
    stream: bool,
    /// The conversion that was made at once, and for which provider.
    converted: Bytes,
    converted_for: Arc<Provider>,
}

impl Providers {
    /// Converts `request`, which was parsed from `body`, for `model`. A request that the model's
    /// provider cannot be asked is an error that names the field.
    ///
    /// The conversion depends on the model and the provider's wire format, not on the target, so
    /// most models have one for all targets; `body` is kept and parsed again only for a target
    /// that needs another, or for a fallback. `stream` says which of [`Plan::complete`] and
    /// [`Plan::stream`] follows.
    pub fn plan(
        self: &Arc<Self>,
        model: &Arc<Model>,
        request: &ChatRequest<'_>,
        body: Bytes,
        stream: bool,
        request_id: &str,
    ) -> Result<Plan> {
        let mut refused = None;
        for provider in model.targets.iter().map(|target| &target.provider) {
            let input = Input {
                request,
                model,
                provider,
                stream,
            };
            match convert(&input) {
                Ok(converted) => {
                    return Ok(Plan {
                        providers: Arc::clone(self),
                        model: Arc::clone(model),
                        request_id: request_id.into(),
                        body,
                        stream,
                        converted,
                        converted_for: Arc::clone(provider),
                    });
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or_else(|| Error::internal("a model without targets")))
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

    /// The request as a model at a provider has it.
    pub(crate) fn convert(&self, model: &Arc<Model>, provider: &Provider) -> Result<Bytes> {
        if Arc::ptr_eq(model, &self.model) && provider.understands_like(&self.converted_for) {
            return Ok(self.converted.clone());
        }
        let request = ChatRequest::parse(&self.body)?;
        convert(&Input {
            request: &request,
            model,
            provider,
            stream: self.stream,
        })
    }
}
