//! A request that is ready to be sent.

use crate::{
    catalog::{Model, Providers, Target},
    continuation::going_on,
    dialect::{AnswerFormat, Input, ModelFacts},
    forward::Forward,
    media_urls,
    provider::Provider,
    route_override::RouteOverride,
    verbatim::{Verbatim, own_endpoint},
};
use bytes::Bytes;
use http::HeaderMap;
use openclaw_core::{Error, Result, TraceContext};
use openclaw_schema::chat::ChatRequest;
use std::{borrow::Cow, sync::Arc};

/// A request, encoded for its model.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) providers: Arc<Providers>,
    /// The model, then its fallbacks that may serve.
    pub(crate) models: Vec<Arc<Model>>,
    pub(crate) request_id: String,
    pub(crate) trace: Option<Arc<TraceContext>>,
    /// Models and providers that are not asked: an answer of theirs broke off.
    pub(crate) skipped: Vec<(String, Arc<str>)>,
    /// What the request says of its own routing.
    pub(crate) route: Arc<RouteOverride>,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Chat(Box<Chat>),
    /// Of another endpoint than the chat's.
    Forward(Box<Forward>),
}

/// A chat, and its encoding that was made at once.
#[derive(Clone, Debug)]
pub(crate) struct Chat {
    pub(crate) body: Bytes,
    stream: bool,
    pub(crate) verbatim: Option<Verbatim>,
    encoded: Encoded,
    /// The answer so far, with which a target goes on.
    pub(crate) so_far: Option<Arc<str>>,
}

/// A request as a target of a model has it.
pub(crate) struct Outgoing {
    pub(crate) body: Bytes,
    pub(crate) path: Cow<'static, str>,
    /// Beside those of every request to the provider, or in their place.
    pub(crate) headers: HeaderMap,
    pub(crate) format: &'static dyn AnswerFormat,
}

impl Providers {
    /// Encodes `request`, which was parsed from `body`, for `model`. A request that the model's
    /// providers cannot be asked is an error that names the field.
    ///
    /// Most models have one encoding for all their targets; `body` is kept and parsed again only
    /// for a target that needs another, or for a fallback. `stream` says which of
    /// [`Plan::complete`] and [`Plan::stream`] follows; `allowed` are the models that the caller's
    /// key may use, `None` for all. `verbatim` is what `request` was converted from, if it was.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is another part of the request"
    )]
    pub fn plan(
        self: &Arc<Self>,
        model: &Arc<Model>,
        request: &ChatRequest<'_>,
        body: Bytes,
        stream: bool,
        request_id: &str,
        allowed: Option<&[String]>,
        verbatim: Option<Verbatim>,
    ) -> Result<Plan> {
        let mut refused = None;
        for target in &model.targets {
            match Encoded::new(request, model, target, stream, verbatim.as_ref()) {
                Ok(encoded) => {
                    let chat = Chat {
                        body,
                        stream,
                        verbatim,
                        encoded,
                        so_far: None,
                    };
                    let content = Content::Chat(Box::new(chat));
                    return Ok(self.planned(model, request_id, allowed, content));
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or_else(|| Error::internal("a model without targets")))
    }

    /// A request of another endpoint than the chat's: [`Plan::forward`] follows. 400 where no target of
    /// the model has that endpoint.
    pub fn plan_forward(
        self: &Arc<Self>,
        model: &Arc<Model>,
        forward: Forward,
        request_id: &str,
        allowed: Option<&[String]>,
    ) -> Result<Plan> {
        let mut refused = None;
        for target in &model.targets {
            match forward.ensure_spoken(target) {
                Ok(()) => {
                    let content = Content::Forward(Box::new(forward));
                    return Ok(self.planned(model, request_id, allowed, content));
                }
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        Err(refused.unwrap_or_else(|| Error::internal("a model without targets")))
    }

    fn planned(
        self: &Arc<Self>,
        model: &Arc<Model>,
        request_id: &str,
        allowed: Option<&[String]>,
        content: Content,
    ) -> Plan {
        Plan {
            providers: Arc::clone(self),
            models: self.serving(model, allowed).collect(),
            request_id: request_id.into(),
            trace: None,
            skipped: vec![],
            route: Arc::default(),
            content,
        }
    }
}

impl Plan {
    /// The same, whose calls belong to this trace.
    #[must_use]
    pub fn traced(mut self, trace: Option<Arc<TraceContext>>) -> Self {
        self.trace = trace;
        self
    }

    /// The request as a target of a model has it.
    pub(crate) fn encode(&self, model: &Model, target: &Target) -> Result<Outgoing> {
        match &self.content {
            Content::Chat(chat) => chat.encode(model, target),
            Content::Forward(forward) => forward.encode(model, target),
        }
    }
}

impl Chat {
    fn encode(&self, model: &Model, target: &Target) -> Result<Outgoing> {
        if self.so_far.is_none() && self.encoded.does_for(model, target) {
            return self.outgoing(&self.encoded, target);
        }
        let body = match &self.so_far {
            Some(so_far) => &going_on(&self.body, so_far, target)?,
            None => &self.body,
        };
        let request = ChatRequest::parse(body)?;
        // As it came, it does not have the answer so far.
        let verbatim = self.verbatim.as_ref();
        let verbatim = verbatim.filter(|_| self.so_far.is_none());
        let encoded = Encoded::new(&request, model, target, self.stream, verbatim)?;
        self.outgoing(&encoded, target)
    }

    fn outgoing(&self, encoded: &Encoded, target: &Target) -> Result<Outgoing> {
        let name = serde_json::to_string(&target.model).map_err(Error::internal)?;
        let headers = match &self.verbatim {
            Some(verbatim) if encoded.is_verbatim => verbatim.headers.clone(),
            _ => HeaderMap::new(),
        };
        let body = match encoded.format.names_model() {
            true => [br#"{"model":"#, name.as_bytes(), &encoded.fields].concat(),
            // The first field follows a comma.
            false => [b"{", encoded.fields.get(1..).unwrap_or(b"}")].concat(),
        };
        Ok(Outgoing {
            body: body.into(),
            path: encoded.format.path_of(&target.model, self.stream),
            headers,
            format: encoded.format,
        })
    }
}

/// A request's encoding, and for whom.
#[derive(Clone, Debug)]
struct Encoded {
    fields: Bytes,
    format: &'static dyn AnswerFormat,
    is_verbatim: bool,
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
        verbatim: Option<&Verbatim>,
    ) -> Result<Self> {
        request.ensure_priced(&model.pricing)?;
        let provider = &target.provider;
        media_urls::check(request, &provider.row)?;
        let endpoint = match verbatim {
            Some(verbatim) => verbatim.endpoint(target)?,
            None => None,
        };
        let fields = match (endpoint, verbatim) {
            (Some(_), Some(verbatim)) => verbatim.fields.clone(),
            _ => provider.dialect.encode_request(&Input {
                request,
                model: ModelFacts {
                    name: &target.model,
                    max_output_tokens: model.max_output_tokens,
                    defaults: &model.defaults,
                },
                provider: &provider.row,
                stream,
            })?,
        };
        Ok(Self {
            fields,
            format: endpoint.unwrap_or_else(|| own_endpoint(provider.dialect)),
            is_verbatim: endpoint.is_some(),
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
