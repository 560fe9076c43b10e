//! A request that is ready to be sent.

use crate::{
    catalog::{Model, Providers, Target},
    dialect::{Input, ModelFacts},
    media_urls,
    provider::Provider,
};
use bytes::Bytes;
use openclaw_core::{Error, Result};
use openclaw_schema::chat::ChatRequest;
use std::sync::Arc;

/// A chat request, encoded for its model.
#[derive(Debug)]
pub struct Plan {
    pub(crate) providers: Arc<Providers>,
    /// The model, then its fallbacks that may serve.
    pub(crate) models: Vec<Arc<Model>>,
    pub(crate) request_id: String,
    body: Bytes,
    stream: bool,
    /// The encoding that was made at once.
    encoded: Encoded,
}

impl Providers {
    /// Encodes `request`, which was parsed from `body`, for `model`. A request that the model's
    /// providers cannot be asked is an error that names the field.
    ///
    /// Most models have one encoding for all their targets; `body` is kept and parsed again only
    /// for a target that needs another, or for a fallback. `stream` says which of
    /// [`Plan::complete`] and [`Plan::stream`] follows; `allowed` are the models that the caller's
    /// key may use, `None` for all.
    pub fn plan(
        self: &Arc<Self>,
        model: &Arc<Model>,
        request: &ChatRequest<'_>,
        body: Bytes,
        stream: bool,
        request_id: &str,
        allowed: Option<&[String]>,
    ) -> Result<Plan> {
        let mut refused = None;
        for target in &model.targets {
            match Encoded::new(request, model, target, stream) {
                Ok(encoded) => {
                    return Ok(Plan {
                        providers: Arc::clone(self),
                        models: self.serving(model, allowed).map(Arc::clone).collect(),
                        request_id: request_id.into(),
                        body,
                        stream,
                        encoded,
                    });
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or_else(|| Error::internal("a model without targets")))
    }
}

impl Plan {
    /// The request as a target of a model has it.
    pub(crate) fn encode(&self, model: &Model, target: &Target) -> Result<Bytes> {
        if self.encoded.does_for(model, target) {
            return Ok(self.encoded.fields.clone());
        }
        let request = ChatRequest::parse(&self.body)?;
        Ok(Encoded::new(&request, model, target, self.stream)?.fields)
    }
}

/// A request's encoding, and for whom.
#[derive(Debug)]
struct Encoded {
    fields: Bytes,
    model: String,
    name: String,
    provider: Arc<Provider>,
}

impl Encoded {
    fn new(
        request: &ChatRequest<'_>,
        model: &Model,
        target: &Target,
        stream: bool,
    ) -> Result<Self> {
        request.ensure_priced(&model.pricing)?;
        let provider = &target.provider;
        media_urls::check(request, &provider.row)?;
        let fields = provider.dialect.encode_request(&Input {
            request,
            model: ModelFacts {
                name: &target.model,
                max_output_tokens: model.max_output_tokens,
                defaults: &model.defaults,
            },
            provider: &provider.row,
            stream,
        })?;
        Ok(Self {
            fields,
            model: model.id.clone(),
            name: target.model.clone(),
            provider: Arc::clone(provider),
        })
    }

    /// Whether the encoding is the same for this target.
    fn does_for(&self, model: &Model, target: &Target) -> bool {
        model.id == self.model
            && target.model == self.name
            && target.provider.understands_like(&self.provider)
    }
}
