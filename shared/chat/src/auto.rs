//! `model: "auto"`: the cheapest model that can do what a request needs.

use openclaw_core::{Code, Error, Result};
use openclaw_providers::{Model, tokens};
use openclaw_schema::{
    chat::{ChatRequest, Content},
    key::Key,
    pricing::UsageBound,
};
use std::sync::Arc;

/// The name that asks for it.
pub(crate) const AUTO: &str = "auto";

/// Tokens out that prices are compared by where a request does not bound them.
const USUAL_ANSWER: u64 = 1_000;

/// What a request needs of its model.
struct Needs {
    capabilities: Vec<&'static str>,
    prompt: u64,
    completion: Option<u64>,
}

impl Needs {
    fn of(request: &ChatRequest<'_>) -> Self {
        let mut capabilities = vec!["chat"];
        let has = |name: &str| request.raw(name).is_some_and(|json| json.get() != "[]");
        if has("tools") || has("functions") {
            capabilities.push("function_calling");
        }
        let parts = request
            .messages
            .iter()
            .filter_map(|message| match &message.content {
                Some(Content::Parts(parts)) => Some(parts),
                _ => None,
            });
        if parts.flatten().any(|part| part.kind == "image_url") {
            capabilities.push("vision");
        }
        Self {
            capabilities,
            prompt: tokens::estimate_prompt(request),
            completion: request.max_tokens,
        }
    }

    fn are_met_by(&self, model: &Model) -> bool {
        let known = |name: &&str| model.capabilities.iter().any(|known| known == *name);
        let completion = self.completion.unwrap_or_default();
        self.capabilities.iter().all(known)
            && completion <= model.max_output_tokens
            && self.prompt.saturating_add(completion) <= model.context_length
    }

    fn cost(&self, model: &Model) -> i64 {
        let bound = UsageBound {
            text_prompt: self.prompt,
            completion: self.completion.unwrap_or(USUAL_ANSWER),
            ..UsageBound::default()
        };
        model.pricing.max_cost(&bound).nanos()
    }
}

/// The cheapest of `models` that the key may use and that meets the request's needs; of several the
/// first. 400 where none does.
pub(crate) fn cheapest(
    models: impl Iterator<Item = Arc<Model>>,
    request: &ChatRequest<'_>,
    key: &Key,
) -> Result<Arc<Model>> {
    let needs = Needs::of(request);
    let is_allowed = |model: &Arc<Model>| {
        key.models
            .as_ref()
            .is_none_or(|all| all.contains(&model.id))
    };
    let met = models.filter(|model| is_allowed(model) && needs.are_met_by(model));
    met.min_by_key(|model| needs.cost(model)).ok_or_else(|| {
        let message = "No model has the capabilities and the context that this request needs";
        Error::new(Code::InvalidModel, message)
    })
}
