use openclaw_providers::Model;
use openclaw_schema::config::Pricing;
use serde::Serialize;

/// A model on the wire: the seed's fields and OpenAI's.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Model")
)]
pub(crate) struct ModelView<'a> {
    /// What requests name.
    id: &'a str,
    /// Always `model`.
    object: &'static str,
    /// Unix seconds; OpenAI's SDKs want one, the catalog has none.
    created: u64,
    /// The provider, as OpenAI calls it.
    owned_by: &'a str,
    /// For people.
    name: &'a str,
    /// The first target's provider.
    provider: &'a str,
    /// Tokens.
    context_length: u64,
    /// Dollars per 1,000 tokens.
    pricing: &'a Pricing,
    /// Such as `chat`, `tools` and `vision`.
    capabilities: &'a [String],
}

impl<'a> From<&'a Model> for ModelView<'a> {
    fn from(model: &'a Model) -> Self {
        Self {
            id: &model.id,
            object: "model",
            created: 0,
            owned_by: &model.provider,
            name: &model.name,
            provider: &model.provider,
            context_length: model.context_length,
            pricing: &model.pricing,
            capabilities: &model.capabilities,
        }
    }
}
