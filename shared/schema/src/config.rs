//! The configuration: one schema on every runtime, whatever format and place it is read from.
//!
//! Every key is optional. Secrets are not in it: `api_key_env` names the environment variable or
//! secret binding that holds one. [`Config::validate`] names what is wrong by its path.

pub mod overlay;
mod validate;

pub use crate::pricing::{PriceTier, Pricing};
use crate::{account::Tier, guardrail::Guardrail};
use ipnet::IpNet;
use openclaw_core::json::Object;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{net::IpAddr, path::PathBuf};

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
    /// What tenants may have requests sent to.
    pub egress: Egress,
    /// What skills may take.
    pub skills: Skills,
    /// How long usage is kept.
    pub analytics: Analytics,
    /// Providers, beside and in place of the built-in ones of the same id.
    pub providers: Vec<Provider>,
    /// Models, beside and in place of the built-in ones of the same id.
    pub models: Vec<Model>,
    /// What all accounts let into their chats and out of them, before their own.
    pub guardrails: Vec<Guardrail>,
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
    /// The failure that a commit must survive.
    pub durability: Durability,
    /// Connections that may be open at once; more are answered 503.
    pub max_connections: u64,
    /// The same from one address (IPv6: from one /64). Loopback addresses are not counted: a
    /// reverse proxy has one.
    pub max_connections_per_address: u64,
    /// Seconds that a client may take nothing of what is sent before its connection is closed.
    pub write_timeout_seconds: u64,
    /// The proxies in front of it, as addresses or networks such as `10.0.0.0/8`: of requests that
    /// come from them, `X-Forwarded-For` says who the client is.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
}

/// Networks, and single addresses as networks of one.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: String| {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        let network = address.or_else(|_| text.parse());
        network.map_err(|_| D::Error::custom("must be addresses or networks such as 10.0.0.0/8"))
    };
    texts.into_iter().map(network).collect()
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
            trusted_proxies: Vec::new(),
        }
    }
}

/// The failures that a commit to the native database survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The end of the process, however it comes.
    #[default]
    Process,
    /// The end of power too: one `fsync` a group of commits.
    Power,
}

/// `[limits]`: requests a minute by tier, connections, and what bodies and guesses may take.
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
    /// The largest body of an authenticated request, in bytes.
    pub body_bytes: usize,
    /// The memory that the bodies of all requests in one process may hold, in bytes.
    pub bodies_bytes: usize,
    /// Failed attempts to authenticate of a client's address a minute, in one process.
    pub auth_failures: u64,
    /// Calls of models that run at once.
    pub concurrent: Concurrent,
    /// The largest file, in bytes.
    pub file_bytes: u64,
    /// What files take together.
    pub storage_bytes: StorageBytes,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            free: 100,
            pro: 1000,
            enterprise: 10_000,
            connections: Connections::default(),
            body_bytes: 20 << 20,
            bodies_bytes: 256 << 20,
            auth_failures: 20,
            concurrent: Concurrent::default(),
            file_bytes: 100 << 20,
            storage_bytes: StorageBytes::default(),
        }
    }
}

/// A limit of an account that its tier decides: `free`, `pro` and `enterprise` in the configuration.
macro_rules! by_tier {
    ($(#[$about:meta])* $name:ident { free: $free:expr, pro: $pro:expr, enterprise: $enterprise:expr }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            /// Accounts of the free tier.
            pub free: u64,
            /// Accounts of the pro tier.
            pub pro: u64,
            /// Enterprise accounts.
            pub enterprise: u64,
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    free: $free,
                    pro: $pro,
                    enterprise: $enterprise,
                }
            }
        }

        impl $name {
            /// Of an account of that tier.
            pub const fn of(&self, tier: Tier) -> u64 {
                match tier {
                    Tier::Free => self.free,
                    Tier::Pro => self.pro,
                    Tier::Enterprise => self.enterprise,
                }
            }
        }
    };
}

by_tier!(
    /// `[limits.connections]`: WebSocket connections of an account at once, by tier.
    Connections { free: 100, pro: 1000, enterprise: 10_000 }
);
by_tier!(
    /// `[limits.concurrent]`: calls of models that an account may have running at once, by tier.
    Concurrent { free: 20, pro: 200, enterprise: 1000 }
);
by_tier!(
    /// `[limits.storage_bytes]`: bytes that the files of an account may have together, by tier.
    StorageBytes { free: 1 << 30, pro: 100 << 30, enterprise: 1 << 40 }
);

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
    /// Milliseconds until the head of a streamed answer.
    pub first_byte_timeout_ms: u64,
    /// Milliseconds until something of the answer is there; of a plain answer, until its head,
    /// which vendors send with it.
    pub first_token_timeout_ms: u64,
    /// Milliseconds between two bytes of an answer.
    pub idle_timeout_ms: u64,
    /// Failures in a row after which a target is passed over while another can serve.
    pub cooldown_failures: u32,
    /// For how long, in milliseconds.
    pub cooldown_ms: u64,
    /// Milliseconds of silence after which a stream carries a `: ping`.
    pub heartbeat_ms: u64,
    /// The most a fallback may cost, as a multiple of the price of the model that was asked for;
    /// absent: whatever it costs.
    pub max_fallback_price_ratio: Option<f64>,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            attempts: 3,
            backoff_ms: 250,
            max_backoff_ms: 8_000,
            first_byte_timeout_ms: 60_000,
            first_token_timeout_ms: 120_000,
            idle_timeout_ms: 60_000,
            cooldown_failures: 3,
            cooldown_ms: 30_000,
            heartbeat_ms: 15_000,
            max_fallback_price_ratio: None,
        }
    }
}

/// `[egress]`: which hosts skills, workflows, webhooks and MCP may ask. Public ones are asked over
/// https; what leads to another address is refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Egress {
    /// Hosts with ports, such as `127.0.0.1:9000`, that may be asked over plain http, too, whatever
    /// their address is.
    pub allow: Vec<String>,
    /// The ports of all other hosts.
    pub ports: Vec<u16>,
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            ports: openclaw_egress::PORTS.into(),
        }
    }
}

/// `[analytics]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Analytics {
    /// Days that single requests, and sums by user and tag, are kept.
    pub request_days: u32,
    /// Days that all other sums are kept.
    pub sum_days: u32,
}

impl Default for Analytics {
    fn default() -> Self {
        Self {
            request_days: 30,
            sum_days: 396,
        }
    }
}

/// `[skills]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Skills {
    /// Milliseconds that an execution may take.
    pub timeout_ms: u64,
    /// Where `weather-skill` asks.
    pub weather: Weather,
}

impl Default for Skills {
    fn default() -> Self {
        Self {
            timeout_ms: 30_000,
            weather: Weather::default(),
        }
    }
}

/// `[skills.weather]`: base URLs of Open-Meteo's services, without a slash at the end.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weather {
    /// Places by name.
    pub geocoding_url: String,
    /// The weather at a place.
    pub forecast_url: String,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            geocoding_url: "https://geocoding-api.open-meteo.com".into(),
            forecast_url: "https://api.open-meteo.com".into(),
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
    /// Gemini's own `generateContent`.
    Gemini,
    /// Amazon Bedrock's Converse.
    Bedrock,
}

/// `[[providers]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The name that targets use.
    pub id: String,
    /// Its wire format.
    #[serde(default)]
    pub dialect: Dialect,
    /// Up to and without the endpoint's path, such as `https://api.openai.com/v1`.
    pub base_url: String,
    /// Whether `base_url` may be `http://` on a public address, where others can read along.
    #[serde(default)]
    pub allow_http: bool,
    /// The variable that holds its key; absent: it needs none. Models of a provider whose
    /// variable is named but not set are not listed.
    pub api_key_env: Option<String>,
    /// The header that carries its key, such as Azure's `api-key`; absent: its dialect's own.
    pub key_header: Option<String>,
    /// Request fields that it refuses, such as `stream_options`: they are left out. Of
    /// `max_tokens` and `max_completion_tokens` one may be named: the other takes its place.
    #[serde(default)]
    pub omit: Vec<String>,
    /// Whether it knows the role `developer`; else that becomes `system`.
    #[serde(default)]
    pub developer_role: bool,
    /// Whether it has OpenAI's `/responses`, too: then these go there as they came.
    #[serde(default)]
    pub responses: bool,
    /// Whether it goes on with a last message of the assistant's, marked `prefix`, as Mistral does.
    #[serde(default)]
    pub prefill: bool,
    /// Whether it may be asked to fetch pictures from anywhere, plain http and private networks
    /// included.
    #[serde(default)]
    pub allow_private_urls: bool,
    /// Its own limit in place of `routing.first_byte_timeout_ms`.
    pub first_byte_timeout_ms: Option<u64>,
    /// Its own limit in place of `routing.first_token_timeout_ms`.
    pub first_token_timeout_ms: Option<u64>,
    /// Its own limit in place of `routing.idle_timeout_ms`.
    pub idle_timeout_ms: Option<u64>,
}

/// In which order the targets of a model are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// Drawn by their weights.
    #[default]
    Weights,
    /// The fastest first: a moving average of the time until something of an answer is there, of each
    /// process. Those of the same, such as those that were never asked, by their weights.
    Latency,
    /// The cheapest first, of the model and its fallbacks by the sum of what a token in and one out cost.
    Price,
}

/// `[[models]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The name that callers ask for.
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
    /// Where requests go: the first that works.
    pub targets: Vec<Target>,
    /// In which order.
    #[serde(default)]
    pub strategy: Strategy,
    /// Whether the next target goes on with a streamed answer that breaks off.
    #[serde(default, rename = "continue")]
    pub continues: bool,
    /// Models to try when no target works, in order.
    #[serde(default)]
    pub fallbacks: Vec<String>,
    /// Request fields that are added where the caller left them out, such as `stop`.
    #[serde(default, deserialize_with = "Object::from_other")]
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

/// A fault in a configuration, and its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {issue}")]
pub struct ConfigError {
    /// Such as `models[0].targets[1].provider`.
    pub path: String,
    /// The reason.
    pub issue: String,
}

/// The ids that exist without being configured.
#[derive(Clone, Debug, Default)]
pub struct Builtin {
    /// Providers.
    pub providers: Vec<String>,
    /// Models.
    pub models: Vec<String>,
}
