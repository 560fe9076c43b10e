//! The catalog: providers and models, built in and configured, with their credentials.
//!
//! `catalog.json` is a document of the configuration's schema. A configured row replaces the
//! built-in one of the same id. A provider whose variable is named but not set is left out, and
//! so are targets on it and models without a target. Models come in a stable order: configured
//! ones first, each as written.
//!
//! Ollama, llama.cpp and other servers of one's own need no credentials, so nothing tells whether
//! they run: `ollama` has a provider row but no models.
//!
//! `provider/model` names a model of any provider that can be called, in the catalog or not: one whose price is
//! known (`vendors`), or one of a provider that needs no credentials and costs nothing.

use crate::{
    health::{Health, Slot},
    provider::Provider,
    vendors,
};
use openclaw_core::{Secret, Timestamp, json::Object};
use openclaw_schema::{
    config::{self, Builtin, Config, ConfigError, Pricing, Routing, Strategy, Target as TargetRow},
    pricing::UsageBound,
};
use serde_json::value::RawValue;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
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
    callable: Vec<Callable>,
    pub(crate) routing: Routing,
    pub(crate) health: Health,
    /// `provider/model` of each slot.
    pub(crate) slots: Vec<String>,
}

/// A provider whose models can be asked for by `provider/model`.
#[derive(Debug)]
struct Callable {
    provider: Arc<Provider>,
    /// One for all models that only this name has.
    slot: Slot,
    needs_key: bool,
}

/// Bytes of a name that no table knows: it becomes part of what is stored and logged.
const MAX_NAME: usize = 200;

/// What is said of a model whose limit nobody knows; its provider refuses what is too long.
const UNKNOWN_CONTEXT: u64 = 1_000_000;

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
    pub(crate) strategy: Strategy,
    pub(crate) continues: bool,
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
            callable: Vec::new(),
            health: Health::new(0, &config.routing),
            slots: Vec::new(),
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
        let callable = callable(&providers, &mut slots);
        let rows: Vec<_> = config.models.iter().chain(&built_in.models).collect();
        let is_first = |at: usize| !rows[..at].iter().any(|other| other.id == rows[at].id);
        let mut target = |row: &TargetRow| {
            let provider = providers.iter().find(|known| *known.id == *row.provider)?;
            Some(Target {
                provider: Arc::clone(provider),
                model: row.model.clone(),
                weight: row.weight,
                slot: slots.of(&row.provider, &row.model),
            })
        };
        let models: Vec<_> = (0..rows.len())
            .filter(|at| is_first(*at))
            .filter_map(|at| Model::new(rows[at], &mut target))
            .map(Arc::new)
            .collect();
        Ok(Self {
            by_id: models
                .iter()
                .map(|model| (model.id.clone(), Arc::clone(model)))
                .collect(),
            built_in: built_in.models.iter().map(|row| row.id.clone()).collect(),
            callable,
            health: Health::new(slots.0.len(), &config.routing),
            slots: slots.names(),
            routing: config.routing.clone(),
            models,
        })
    }

    /// The catalog's and the configured models that can be asked for, in a stable order.
    pub fn models(&self) -> impl Iterator<Item = &Arc<Model>> {
        self.models.iter()
    }

    /// These, then what else is known of their providers by `provider/model`.
    pub fn listed(&self) -> impl Iterator<Item = Arc<Model>> {
        let targets: HashSet<_> = self
            .models
            .iter()
            .flat_map(|model| &model.targets)
            .map(|target| (&*target.provider.id, &*target.model))
            .collect();
        let names = self
            .callable
            .iter()
            .flat_map(|callable| vendors::names(&callable.provider.id));
        let is_new = move |name: &&str| {
            name.split_once('/')
                .is_some_and(|named| !targets.contains(&named))
        };
        let more = names.filter(is_new).filter_map(|name| self.named(name));
        self.models().cloned().chain(more)
    }

    /// A model by its id, or by `provider/model`.
    pub fn model(&self, id: &str) -> Option<Arc<Model>> {
        self.by_id.get(id).cloned().or_else(|| self.named(id))
    }

    fn named(&self, name: &str) -> Option<Arc<Model>> {
        let (provider, model) = name.split_once('/')?;
        let callable = self
            .callable
            .iter()
            .find(|callable| *callable.provider.id == *provider)?;
        let row = vendors::model(name).or_else(|| callable.unknown(name, model))?;
        let target = |row: &TargetRow| {
            Some(Target {
                provider: Arc::clone(&callable.provider),
                model: row.model.clone(),
                weight: row.weight,
                slot: callable.slot,
            })
        };
        Model::new(&row, target).map(Arc::new)
    }

    /// How many targets are passed over `now`, because they failed.
    pub fn cooling_targets(&self, now: Timestamp) -> usize {
        self.health.cooling_count(now)
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
    ) -> impl Iterator<Item = Arc<Model>> {
        let is_allowed = move |id: &&String| allowed.is_none_or(|allowed| allowed.contains(*id));
        let fallbacks = model.fallbacks.iter().filter(is_allowed);
        let fallbacks = fallbacks.filter_map(|id| self.model(id));
        let fallbacks = fallbacks.filter(|fallback| self.is_affordable(model, fallback));
        std::iter::once(Arc::clone(model)).chain(fallbacks)
    }

    fn is_affordable(&self, model: &Model, fallback: &Model) -> bool {
        let Some(ratio) = self.routing.max_fallback_price_ratio else {
            return true;
        };
        let own = model.price();
        let other = fallback.price();
        own.iter()
            .zip(other)
            .all(|(own, other)| other <= own * ratio)
    }
}

impl Callable {
    /// A model of one's own server, of which nothing is known and which costs nothing.
    fn unknown(&self, name: &str, model: &str) -> Option<config::Model> {
        let is_sound = !model.is_empty()
            && name.len() <= MAX_NAME
            && !name.contains(|each: char| each.is_control() || each.is_whitespace());
        (!self.needs_key && is_sound).then(|| config::Model {
            id: name.into(),
            name: None,
            context_length: UNKNOWN_CONTEXT,
            max_output_tokens: None,
            capabilities: vec!["chat".into()],
            pricing: Pricing::default(),
            targets: vec![TargetRow {
                provider: self.provider.id.to_string(),
                model: model.into(),
                weight: 1,
            }],
            strategy: Strategy::default(),
            continues: false,
            fallbacks: Vec::new(),
            defaults: Object::default(),
        })
    }
}

/// The catalog's rows.
fn catalog() -> Result<Config, ConfigError> {
    serde_json::from_str(BUILT_IN).map_err(|error| ConfigError {
        path: "catalog.json".into(),
        issue: error.to_string(),
    })
}

/// The built-in rows: the catalog's, and all vendors that are known.
fn built_in() -> Result<Config, ConfigError> {
    let mut rows = catalog()?;
    rows.providers.extend(vendors::rows()?);
    Ok(rows)
}

/// All providers, each with a slot of its own.
fn callable(providers: &[Arc<Provider>], slots: &mut Slots) -> Vec<Callable> {
    let callable = |provider: &Arc<Provider>| Callable {
        provider: Arc::clone(provider),
        slot: slots.of(&provider.id, "*"),
        needs_key: provider.secret.is_some(),
    };
    providers.iter().map(callable).collect()
}

/// The built-in rows of `providers` or `models`, as the configuration would have them.
pub fn built_in_rows(list: &str) -> Vec<serde_json::Value> {
    let catalog: serde_json::Value = serde_json::from_str(BUILT_IN).unwrap_or_default();
    let mut rows = catalog[list].as_array().cloned().unwrap_or_default();
    if list == "providers" {
        rows.extend(vendors::documents());
    }
    rows
}

/// A provider's key without what editors and shells leave around one; `None` when nothing remains.
fn credential(text: &str) -> Option<Secret> {
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text))
}

/// The variables that hold the keys of the catalog's and the configured providers: each once, in order. Where
/// secrets are asked for by name, those of the other vendors are not among them ([`vendor_variables`]): 120 more
/// names at each start.
pub fn key_variables(config: &Config) -> BTreeSet<String> {
    let catalog = catalog().unwrap_or_default();
    let rows = config.providers.iter().chain(&catalog.providers);
    rows.filter_map(|row| row.api_key_env.clone()).collect()
}

/// The variables of the vendors beyond the catalog: their keys, and what their addresses are made of.
pub fn vendor_variables() -> BTreeSet<String> {
    let rows = vendors::rows().unwrap_or_default().into_iter();
    let variables = rows.flat_map(|row| {
        let address = vendors::address_variables(&row.base_url).map(str::to_owned);
        Vec::from_iter(row.api_key_env.into_iter().chain(address))
    });
    variables.collect()
}

/// The providers that can be called.
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
        let Some(base_url) = vendors::address(&row.base_url, secret) else {
            continue;
        };
        let row = &config::Provider {
            base_url,
            ..row.clone()
        };
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
    fn of(&mut self, provider: &str, model: &str) -> Slot {
        let is_it = |known: &(String, String)| known.0 == provider && known.1 == model;
        let known = self.0.iter().position(is_it);
        Slot(known.unwrap_or_else(|| {
            self.0.push((provider.into(), model.into()));
            self.0.len() - 1
        }))
    }

    fn names(self) -> Vec<String> {
        let name = |(provider, model)| format!("{provider}/{model}");
        self.0.into_iter().map(name).collect()
    }
}

impl Model {
    /// What a thousand tokens in and a thousand out cost, in nano-dollars, at the dearest of their prices.
    pub(crate) fn price(&self) -> [f64; 2] {
        [(1000, 0), (0, 1000)].map(|(text_prompt, completion)| {
            let bound = UsageBound {
                text_prompt,
                completion,
                ..UsageBound::default()
            };
            self.pricing.max_cost(&bound).nanos() as f64
        })
    }

    /// `None` where no target's provider can be called.
    fn new(row: &config::Model, target: impl FnMut(&TargetRow) -> Option<Target>) -> Option<Self> {
        let targets: Vec<_> = row.targets.iter().filter_map(target).collect();
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
            strategy: row.strategy,
            continues: row.continues,
            fallbacks: row.fallbacks.clone(),
            defaults: row.defaults.names().filter_map(default).collect(),
        })
    }
}
