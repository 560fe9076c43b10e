use openclaw_core::Timestamp;
use openclaw_providers::{Cooling, Model, Providers, TargetState};
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
    /// Where it is served; for the operator only.
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<TargetView<'a>>>,
}

/// A place that serves a model.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ModelTarget")
)]
struct TargetView<'a> {
    /// The provider.
    provider: &'a str,
    /// The model's name there.
    model: &'a str,
    /// Its share of the requests, beside the other targets' weights.
    weight: u32,
    /// Until when a process passes it over because it failed; `null` where none does. Told within the time that
    /// a write takes, and until it has passed, even where the target answers again.
    cooling_down_until: Option<Timestamp>,
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
            targets: None,
        }
    }
}

impl<'a> ModelView<'a> {
    /// With what the operator sees of it besides.
    pub(crate) fn with_targets(
        model: &'a Model,
        providers: &'a Providers,
        cooling: &'a Cooling,
        now: Timestamp,
    ) -> Self {
        let targets = providers.targets(model, cooling, now);
        Self {
            targets: Some(targets.map(TargetView::from).collect()),
            ..Self::from(model)
        }
    }
}

impl<'a> From<TargetState<'a>> for TargetView<'a> {
    fn from(target: TargetState<'a>) -> Self {
        Self {
            provider: target.provider,
            model: target.model,
            weight: target.weight,
            cooling_down_until: target.cooling_down_until,
        }
    }
}
