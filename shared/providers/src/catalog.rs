//! The catalog: providers and models, built in and configured, with their credentials.
//!
//! `catalog.json` is a document of the configuration's schema. A configured row replaces the
//! built-in one of the same id. A provider whose variable is named but not set is left out, and
//! so are targets on it and models without a target. Models come in a stable order: configured
//! ones first, each as written.
//!
//! Ollama, llama.cpp and other servers of one's own need no credentials, so nothing tells whether
//! they run: `ollama` has a provider row but no models, and is there for configured models.

use crate::{
    health::{Health, Slot},
    provider::Provider,
};
use openclaw_core::Secret;
use openclaw_schema::{
    config::{self, Builtin, Config, ConfigError, Pricing, Routing, Target as TargetRow},
    pricing::UsageBound,
};
use serde_json::value::RawValue;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

const BUILT_IN: &str = include_str!("../catalog.json");

/// The models, where they are served, how calls are routed and how the targets are doing. One
/// per process.
#[derive(Debug)]
pub struct Providers {
    models: Vec<Arc<Model>>,
    by_id: HashMap<String, Arc<Model>>,
    built_in: Vec<String>,
    pub(crate) routing: Routing,
    pub(crate) health: Health,
}

/// A model that can be asked for.
#[derive(Debug)]
pub struct Model {
    /// The id that callers ask for.
    pub id: String,
    /// A name for people.
    pub name: String,
    /// The provider of its first target that has credentials.
    pub provider: String,
    /// Tokens of prompt and completion together.
    pub context_length: u64,
    /// Tokens of a completion.
    pub max_output_tokens: u64,
    /// Such as `chat`, `completion`, `function_calling`, `vision`.
    pub capabilities: Vec<String>,
    /// Dollars per 1,000 tokens.
    pub pricing: Pricing,
    pub(crate) targets: Vec<Target>,
    pub(crate) fallbacks: Vec<String>,
    /// Fields that are added where the caller left them out.
    pub(crate) defaults: Vec<(String, Box<RawValue>)>,
}

/// A place that serves a model.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) provider: Arc<Provider>,
    /// The model's name there.
    pub(crate) model: String,
    pub(crate) weight: u32,
    pub(crate) slot: Slot,
}

impl Providers {
    /// Checks `config`, adds the built-in rows and resolves credentials: `secret` gives the value
    /// of an environment variable or secret binding.
    pub fn new(
        config: &Config,
        secret: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        Self::load(config, &secret)
    }

    /// For functions that call no model and tell of none: none, without the built-in rows.
    pub fn none(config: &Config) -> Self {
        Self {
            by_id: HashMap::new(),
            built_in: Vec::new(),
            health: Health::new(0, &config.routing),
            routing: config.routing.clone(),
            models: Vec::new(),
        }
    }

    fn load(config: &Config, secret: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let built_in = built_in()?;
        config.validate(&Builtin {
            providers: built_in
                .providers
                .iter()
                .map(|row| row.id.clone())
                .collect(),
            models: built_in.models.iter().map(|row| row.id.clone()).collect(),
        })?;
        let providers = providers(config, &built_in, secret)?;
        let mut slots = Slots::default();
        let rows: Vec<_> = config.models.iter().chain(&built_in.models).collect();
        let is_first = |at: usize| !rows[..at].iter().any(|other| other.id == rows[at].id);
        let models: Vec<_> = (0..rows.len())
            .filter(|at| is_first(*at))
            .filter_map(|at| Model::new(rows[at], &providers, &mut slots))
            .map(Arc::new)
            .collect();
        Ok(Self {
            by_id: models
                .iter()
                .map(|model| (model.id.clone(), Arc::clone(model)))
                .collect(),
            built_in: built_in.models.iter().map(|row| row.id.clone()).collect(),
            health: Health::new(slots.0.len(), &config.routing),
            routing: config.routing.clone(),
            models,
        })
    }

    /// The models that can be asked for, in a stable order.
    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.iter()
    }

    /// One of them.
    pub fn model(&self, id: &str) -> Option<&Arc<Model>> {
        self.by_id.get(id)
    }

    /// Whether `id` is a name of the built-in catalog, which everybody knows, and not the operator's.
    pub fn is_built_in(&self, id: &str) -> bool {
        self.built_in.iter().any(|known| known == id)
    }

    /// The models that may serve a request for `model`: itself, and those of its fallbacks that
    /// are `allowed` (`None`: all) and no dearer than `max_fallback_price_ratio` says. A fallback's
    /// own fallbacks do not count.
    pub fn serving<'a>(
        &'a self,
        model: &'a Arc<Model>,
        allowed: Option<&'a [String]>,
    ) -> impl Iterator<Item = &'a Arc<Model>> {
        let is_allowed = move |id: &&String| allowed.is_none_or(|allowed| allowed.contains(*id));
        let fallbacks = model.fallbacks.iter().filter(is_allowed);
        let fallbacks = fallbacks.filter_map(|id| self.model(id));
        let fallbacks = fallbacks.filter(|fallback| self.is_affordable(model, fallback));
        std::iter::once(model).chain(fallbacks)
    }

    fn is_affordable(&self, model: &Model, fallback: &Model) -> bool {
        let Some(ratio) = self.routing.max_fallback_price_ratio else {
            return true;
        };
        // A thousand tokens of each kind, at the dearest of its prices.
        let [prompt, completion] = [(1000, 0), (0, 1000)].map(|(text_prompt, completion)| {
            let bound = UsageBound {
                text_prompt,
                completion,
                ..UsageBound::default()
            };
            let dollars = |model: &Model| model.pricing.max_cost(&bound).nanos() as f64;
            dollars(fallback) <= dollars(model) * ratio
        });
        prompt && completion
    }
}

/// The built-in rows.
fn built_in() -> Result<Config, ConfigError> {
    serde_json::from_str(BUILT_IN).map_err(|error| ConfigError {
        path: "catalog.json".into(),
        issue: error.to_string(),
    })
}

/// A provider's key without what editors and shells leave around one; `None` when nothing remains.
fn credential(text: &str) -> Option<Secret> {
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text))
}

/// The providers that can be called.
/// The variables that hold the providers' keys, built-in and configured ones: each once, in order.
pub fn key_variables(config: &Config) -> BTreeSet<String> {
    let built_in = built_in().unwrap_or_default();
    let rows = config.providers.iter().chain(&built_in.providers);
    rows.filter_map(|row| row.api_key_env.clone()).collect()
}

fn providers(
    config: &Config,
    built_in: &Config,
    secret: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Arc<Provider>>, ConfigError> {
    let mut providers = Vec::<Arc<Provider>>::new();
    let rows = built_in.providers.iter().enumerate();
    for (at, row) in rows.chain(config.providers.iter().enumerate()) {
        let key = row.api_key_env.as_deref();
        let credential = key.and_then(secret).as_deref().and_then(credential);
        // A configured row hides the built-in one, without its credential too.
        providers.retain(|other| *other.id != *row.id);
        if key.is_some() && credential.is_none() {
            continue;
        }
        let provider = Provider::new(row, credential).map_err(|(field, issue)| ConfigError {
            path: format!("providers[{at}].{field}"),
            issue: issue.into(),
        })?;
        providers.push(Arc::new(provider));
    }
    Ok(providers)
}

/// The places that have a slot: provider and the model's name there.
#[derive(Default)]
struct Slots(Vec<(String, String)>);

impl Slots {
    fn of(&mut self, row: &TargetRow) -> Slot {
        let is_it =
            |(provider, model): &(String, String)| *provider == row.provider && *model == row.model;
        let known = self.0.iter().position(is_it);
        Slot(known.unwrap_or_else(|| {
            self.0.push((row.provider.clone(), row.model.clone()));
            self.0.len() - 1
        }))
    }
}

impl Model {
    /// `None` where no target's provider can be called.
    fn new(row: &config::Model, providers: &[Arc<Provider>], slots: &mut Slots) -> Option<Self> {
        let mut target = |row: &TargetRow| {
            let provider = providers.iter().find(|known| *known.id == *row.provider)?;
            Some(Target {
                provider: Arc::clone(provider),
                model: row.model.clone(),
                weight: row.weight,
                slot: slots.of(row),
            })
        };
        let targets: Vec<_> = row.targets.iter().filter_map(&mut target).collect();
        let default = |name: &str| {
            let json = row.defaults.get(name)?.to_owned();
            Some((name.to_owned(), RawValue::from_string(json).ok()?))
        };
        Some(Self {
            id: row.id.clone(),
            name: row.name.clone().unwrap_or_else(|| row.id.clone()),
            provider: targets.first()?.provider.id.to_string(),
            context_length: row.context_length,
            max_output_tokens: row.max_output_tokens.unwrap_or(row.context_length),
            capabilities: row.capabilities.clone(),
            pricing: row.pricing.clone(),
            targets,
            fallbacks: row.fallbacks.clone(),
            defaults: row.defaults.names().filter_map(default).collect(),
        })
    }
}
