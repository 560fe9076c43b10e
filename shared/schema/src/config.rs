//! The configuration: one schema on every runtime, whatever format and place it is read from.
//!
//! Every key is optional. Secrets are not in it: `api_key_env` names the environment variable or
//! secret binding that holds one. [`Config::validate`] names what is wrong by its path.

pub use crate::pricing::{PriceTier, Pricing};
use openclaw_core::json::Object;
use serde::Deserialize;
use std::path::PathBuf;

/// The whole document.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The native server's own settings.
    pub server: Server,
    /// Requests a minute.
    pub limits: Limits,
    /// Cross-origin requests.
    pub cors: Cors,
    /// How providers are called.
    pub routing: Routing,
    /// Providers, beside and in place of the built-in ones of the same id.
    pub providers: Vec<Provider>,
    /// Models, beside and in place of the built-in ones of the same id.
    pub models: Vec<Model>,
}

/// `[server]`: native only.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The address to listen on.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Where the database and generated secrets live.
    pub data_dir: PathBuf,
    /// What a commit must survive.
    pub durability: Durability,
    /// Connections that may be open at once; more are answered 503.
    pub max_connections: u64,
    /// The same from one address (IPv6: from one /64). Loopback addresses are not counted: a
    /// reverse proxy has one.
    pub max_connections_per_address: u64,
    /// Seconds that a client may take nothing of what is sent before its connection is closed.
    pub write_timeout_seconds: u64,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: "127.0.0.1".into(),
            port: 3000,
            data_dir: "./data".into(),
            durability: Durability::default(),
            max_connections: 20_000,
            max_connections_per_address: 1000,
            write_timeout_seconds: 30,
        }
    }
}

/// What a commit to the native database survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The end of the process, however it comes.
    #[default]
    Process,
    /// The end of power too: one `fsync` a group of commits.
    Power,
}

/// `[limits]`: requests a minute by tier, and connections.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Accounts of the free tier.
    pub free: u64,
    /// Accounts of the pro tier.
    pub pro: u64,
    /// Enterprise accounts without a limit of their own.
    pub enterprise: u64,
    /// WebSocket connections at once.
    pub connections: Connections,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            free: 100,
            pro: 1000,
            enterprise: 10_000,
            connections: Connections::default(),
        }
    }
}

/// `[limits.connections]`: WebSocket connections of an account at once, by tier.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connections {
    /// Accounts of the free tier.
    pub free: u64,
    /// Accounts of the pro tier.
    pub pro: u64,
    /// Enterprise accounts.
    pub enterprise: u64,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            free: 100,
            pro: 1000,
            enterprise: 10_000,
        }
    }
}

/// `[cors]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins such as `https://app.example.com`, or `*` (the default) for any. Credentials are
    /// bearer tokens, never cookies, so `*` gives no site a user's rights.
    pub origins: Vec<String>,
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            origins: vec!["*".into()],
        }
    }
}

/// `[routing]`: retries and timeouts of provider calls.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Routing {
    /// Calls to one target before the next is tried, at least 1.
    pub attempts: u32,
    /// Milliseconds before the second call; doubled for each further one, with jitter.
    pub backoff_ms: u64,
    /// The longest wait between two calls, `Retry-After` included, in milliseconds.
    pub max_backoff_ms: u64,
    /// Milliseconds until the first byte of an answer.
    pub first_byte_timeout_ms: u64,
    /// Milliseconds between two bytes of an answer.
    pub idle_timeout_ms: u64,
    /// Failures in a row after which a target is passed over while another can serve.
    pub cooldown_failures: u32,
    /// For how long, in milliseconds.
    pub cooldown_ms: u64,
    /// Milliseconds of silence after which a stream carries a `: ping`.
    pub heartbeat_ms: u64,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            attempts: 3,
            backoff_ms: 250,
            max_backoff_ms: 8_000,
            first_byte_timeout_ms: 120_000,
            idle_timeout_ms: 60_000,
            cooldown_failures: 3,
            cooldown_ms: 30_000,
            heartbeat_ms: 15_000,
        }
    }
}

/// A wire format of providers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// OpenAI's chat completions, and everything compatible with it.
    #[default]
    Openai,
    /// Anthropic's messages.
    Anthropic,
}

/// `[[providers]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What targets call it.
    pub id: String,
    /// Its wire format.
    #[serde(default)]
    pub dialect: Dialect,
    /// Up to and without the endpoint's path, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// The variable that holds its key; absent: it needs none. Models of a provider whose
    /// variable is named but not set are not listed.
    pub api_key_env: Option<String>,
    /// Request fields that it refuses, such as `stream_options`: they are left out. Of
    /// `max_tokens` and `max_completion_tokens` one may be named: the other takes its place.
    #[serde(default)]
    pub omit: Vec<String>,
}

/// `[[models]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What callers ask for.
    pub id: String,
    /// A name for people; default: the id.
    pub name: Option<String>,
    /// Tokens of prompt and completion together.
    pub context_length: u64,
    /// Tokens of a completion; default: the context length.
    pub max_output_tokens: Option<u64>,
    /// Such as `chat`, `completion`, `function_calling`, `vision`.
    #[serde(default = "chat_alone")]
    pub capabilities: Vec<String>,
    /// Dollars per 1,000 tokens.
    #[serde(default)]
    pub pricing: Pricing,
    /// Where requests go: the first that works, drawn by weight.
    pub targets: Vec<Target>,
    /// Models to try when no target works, in order.
    #[serde(default)]
    pub fallbacks: Vec<String>,
    /// Request fields that are added where the caller left them out, such as `stop`.
    #[serde(default)]
    pub defaults: Object,
}

fn chat_alone() -> Vec<String> {
    vec!["chat".into()]
}

/// One place that serves a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The provider's id.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// Its share of the requests relative to the other targets, at least 1.
    #[serde(default = "one")]
    pub weight: u32,
}

const fn one() -> u32 {
    1
}

/// What is wrong with a configuration, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {issue}")]
pub struct ConfigError {
    /// Such as `models[0].targets[1].provider`.
    pub path: String,
    /// The reason.
    pub issue: String,
}

impl Config {
    /// Checks what types cannot say: ranges, URLs, ids that are used twice or name nothing.
    /// `builtin` are the provider and model ids that exist without being configured.
    pub fn validate(&self, builtin: &Builtin) -> Result<(), ConfigError> {
        self.validate_numbers()?;
        self.validate_providers()?;
        self.validate_models(builtin)
    }

    /// The part of it that needs no catalog.
    pub fn validate_numbers(&self) -> Result<(), ConfigError> {
        let Routing {
            attempts,
            first_byte_timeout_ms,
            idle_timeout_ms,
            heartbeat_ms,
            ..
        } = self.routing;
        let Server {
            max_connections,
            max_connections_per_address,
            write_timeout_seconds,
            ..
        } = self.server;
        let positive = [
            ("server.max_connections", max_connections),
            (
                "server.max_connections_per_address",
                max_connections_per_address,
            ),
            ("server.write_timeout_seconds", write_timeout_seconds),
            ("limits.free", self.limits.free),
            ("limits.pro", self.limits.pro),
            ("limits.enterprise", self.limits.enterprise),
            ("limits.connections.free", self.limits.connections.free),
            ("limits.connections.pro", self.limits.connections.pro),
            (
                "limits.connections.enterprise",
                self.limits.connections.enterprise,
            ),
            ("routing.attempts", attempts.into()),
            ("routing.first_byte_timeout_ms", first_byte_timeout_ms),
            ("routing.idle_timeout_ms", idle_timeout_ms),
            ("routing.heartbeat_ms", heartbeat_ms),
        ];
        match positive.iter().find(|(_, number)| *number == 0) {
            Some((path, _)) => Err(wrong(*path, "must be at least 1")),
            None => Ok(()),
        }
    }

    fn validate_providers(&self) -> Result<(), ConfigError> {
        for (at, provider) in self.providers.iter().enumerate() {
            let path = format!("providers[{at}]");
            let mut before = self.providers[..at].iter();
            if provider.id.is_empty() || before.any(|other| other.id == provider.id) {
                return Err(wrong(format!("{path}.id"), "must be there and used once"));
            }
            let url = provider.base_url.as_str();
            if !(url.starts_with("http://") || url.starts_with("https://")) {
                return Err(wrong(
                    format!("{path}.base_url"),
                    "must start with http:// or https://",
                ));
            }
        }
        Ok(())
    }

    fn validate_models(&self, builtin: &Builtin) -> Result<(), ConfigError> {
        for (at, model) in self.models.iter().enumerate() {
            let path = format!("models[{at}]");
            let mut before = self.models[..at].iter();
            if model.id.is_empty() || before.any(|other| other.id == model.id) {
                return Err(wrong(format!("{path}.id"), "must be there and used once"));
            }
            if model.context_length == 0 {
                return Err(wrong(
                    format!("{path}.context_length"),
                    "must be at least 1",
                ));
            }
            self.validate_targets(model, &path, builtin)?;
        }
        let configured = self.models.iter().map(|model| &model.id);
        let known = |id| {
            configured
                .clone()
                .chain(&builtin.models)
                .any(|other| other == id)
        };
        for (at, model) in self.models.iter().enumerate() {
            if let Some(to) = model.fallbacks.iter().position(|id| !known(id)) {
                return Err(wrong(
                    format!("models[{at}].fallbacks[{to}]"),
                    "is not a model's id",
                ));
            }
        }
        Ok(())
    }

    fn validate_targets(
        &self,
        model: &Model,
        path: &str,
        builtin: &Builtin,
    ) -> Result<(), ConfigError> {
        if model.targets.is_empty() {
            return Err(wrong(format!("{path}.targets"), "must not be empty"));
        }
        for (at, target) in model.targets.iter().enumerate() {
            let path = format!("{path}.targets[{at}]");
            let configured = self
                .providers
                .iter()
                .any(|provider| provider.id == target.provider);
            if !configured && !builtin.providers.contains(&target.provider) {
                return Err(wrong(format!("{path}.provider"), "is not a provider's id"));
            }
            if target.weight == 0 {
                return Err(wrong(format!("{path}.weight"), "must be at least 1"));
            }
        }
        Ok(())
    }
}

/// The ids that exist without being configured.
#[derive(Clone, Debug, Default)]
pub struct Builtin {
    /// Providers.
    pub providers: Vec<String>,
    /// Models.
    pub models: Vec<String>,
}

fn wrong(path: impl Into<String>, issue: &str) -> ConfigError {
    ConfigError {
        path: path.into(),
        issue: issue.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(document: serde_json::Value) -> Result<(), String> {
        let config: Config = serde_json::from_value(document).unwrap();
        config
            .validate(&Builtin::default())
            .map_err(|error| error.path)
    }

    fn model(id: &str, provider: &str) -> serde_json::Value {
        json!({"id": id, "context_length": 10, "targets": [{"provider": provider, "model": "m"}]})
    }

    #[test]
    fn an_empty_document_is_whole() {
        assert_eq!(check(json!({})), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let local = json!([{"id": "local", "base_url": "http://127.0.0.1:1/v1"}]);
        let mut fallback = model("a", "local");
        fallback["fallbacks"] = json!(["nowhere"]);
        let cases = [
            (json!({"limits": {"free": 0}}), "limits.free"),
            (
                json!({"providers": [{"id": "a", "base_url": "ftp://x"}]}),
                "providers[0].base_url",
            ),
            (
                json!({"providers": local, "models": [model("a", "other")]}),
                "models[0].targets[0].provider",
            ),
            (
                json!({"providers": local, "models": [model("a", "local"), model("a", "local")]}),
                "models[1].id",
            ),
            (
                json!({"providers": local, "models": [fallback]}),
                "models[0].fallbacks[0]",
            ),
        ];
        for (document, path) in cases {
            assert_eq!(check(document), Err(path.into()));
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(serde_json::from_value::<Config>(json!({"limit": {}})).is_err());
    }
}
