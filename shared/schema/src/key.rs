//! API keys and tokens on the wire.

use crate::account::{present, validate_name, validate_rate_limit};
use openclaw_core::{Code, Error, Money, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// Models that a key may be held to.
pub const MAX_MODELS: usize = 100;

/// Bytes of a model's name in [`CreateKey::models`].
pub const MAX_MODEL: usize = 200;

/// What a key opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Chat completions.
    Chat,
    /// The list of models.
    Models,
    /// Skills.
    Skills,
    /// Workflows and their runs.
    Workflows,
    /// Files.
    Files,
    /// Usage and the request log.
    Analytics,
    /// Webhooks.
    Webhooks,
    /// Keys, and everything above.
    Admin,
}

impl Scope {
    /// What a new key opens when nothing is said: all but `admin`.
    pub const DEFAULT: [Self; 7] = [
        Self::Chat,
        Self::Models,
        Self::Skills,
        Self::Workflows,
        Self::Files,
        Self::Analytics,
        Self::Webhooks,
    ];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Models => "models",
            Self::Skills => "skills",
            Self::Workflows => "workflows",
            Self::Files => "files",
            Self::Analytics => "analytics",
            Self::Webhooks => "webhooks",
            Self::Admin => "admin",
        }
    }
}

/// Whether a key says of itself that it is for tests. Both work alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "KeyMode")
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// `oc_live_…`.
    #[default]
    Live,
    /// `oc_test_…`.
    Test,
}

/// What happens to the provider's answer when the client has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OnDisconnect {
    /// It is cancelled at once.
    #[default]
    Cancel,
    /// It is read to its end, unseen but accounted.
    Drain,
}

/// `POST /keys`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CreateKey {
    /// 1 to 200 characters.
    pub name: String,
    /// The account, where the operator makes the key; an account's own key needs no naming.
    pub account: Option<String>,
    /// Default live.
    #[serde(default)]
    pub mode: Mode,
    /// Default: all but `admin`.
    pub scopes: Option<Vec<Scope>>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// Requests a minute, below the account's own limit.
    pub rate_limit: Option<u64>,
    /// Dollars a UTC month.
    pub monthly_budget: Option<Money>,
    /// The models it may use, at most [`MAX_MODELS`]; absent: all.
    pub models: Option<Vec<String>>,
    /// Default `cancel`.
    #[serde(default)]
    pub on_disconnect: OnDisconnect,
    /// Whether its requests may say how they are routed (`x-openclaw-provider`, `x-openclaw-strategy`); default: no.
    #[serde(default)]
    pub route_override: bool,
}

impl CreateKey {
    /// Checks lengths and ranges; `now` is what an expiry must be behind.
    pub fn validate(&self, now: Timestamp) -> Result<()> {
        validate_name(&self.name)?;
        validate_rate_limit(self.rate_limit)?;
        validate_scopes(self.scopes.as_deref())?;
        validate_models(self.models.as_deref())?;
        validate_expiry(self.expires_at, now)
    }
}

/// `PATCH /keys/{id}`: what is absent stays, `null` removes.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UpdateKey {
    /// 1 to 200 characters.
    pub name: Option<String>,
    /// The new scopes.
    pub scopes: Option<Vec<Scope>>,
    /// When it stops working.
    #[serde(default, deserialize_with = "present")]
    pub expires_at: Option<Option<Timestamp>>,
    /// Requests a minute.
    #[serde(default, deserialize_with = "present")]
    pub rate_limit: Option<Option<u64>>,
    /// Dollars a UTC month.
    #[serde(default, deserialize_with = "present")]
    pub monthly_budget: Option<Option<Money>>,
    /// The models it may use.
    #[serde(default, deserialize_with = "present")]
    pub models: Option<Option<Vec<String>>>,
    /// What happens when the client has left.
    pub on_disconnect: Option<OnDisconnect>,
    /// Whether its requests may say how they are routed.
    pub route_override: Option<bool>,
}

impl UpdateKey {
    /// Checks lengths and ranges.
    pub fn validate(&self, now: Timestamp) -> Result<()> {
        self.name.as_deref().map_or(Ok(()), validate_name)?;
        validate_rate_limit(self.rate_limit.flatten())?;
        validate_scopes(self.scopes.as_deref())?;
        validate_models(self.models.as_ref().and_then(Option::as_deref))?;
        validate_expiry(self.expires_at.flatten(), now)
    }

    /// The key with the changes in it.
    #[must_use]
    pub fn apply(self, key: Key) -> Key {
        Key {
            name: self.name.unwrap_or(key.name),
            scopes: self.scopes.unwrap_or(key.scopes),
            expires_at: self.expires_at.unwrap_or(key.expires_at),
            rate_limit: self.rate_limit.unwrap_or(key.rate_limit),
            monthly_budget: self.monthly_budget.unwrap_or(key.monthly_budget),
            models: self.models.unwrap_or(key.models),
            on_disconnect: self.on_disconnect.unwrap_or(key.on_disconnect),
            route_override: self.route_override.unwrap_or(key.route_override),
            ..key
        }
    }
}

/// `POST /keys/{id}/rotate`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct RotateKey {
    /// Seconds for which the old secret lives on: 0 (the default) to 2,592,000 (30 days).
    pub grace_period: u64,
}

impl RotateKey {
    /// Checks the range.
    pub fn validate(&self) -> Result<()> {
        if self.grace_period > 30 * 86_400 {
            return Err(Error::invalid(
                "grace_period",
                "must be from 0 to 2592000 seconds",
            ));
        }
        Ok(())
    }
}

/// A key as it is shown: without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Key {
    /// `key_…`.
    pub id: String,
    /// Always `key`.
    #[serde(default)]
    pub object: String,
    /// The account it belongs to.
    pub account: String,
    /// A name for people.
    pub name: String,
    /// Live or test.
    pub mode: Mode,
    /// What it opens.
    pub scopes: Vec<Scope>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// Requests a minute.
    pub rate_limit: Option<u64>,
    /// Dollars a UTC month.
    pub monthly_budget: Option<Money>,
    /// The models it may use; `null`: all.
    pub models: Option<Vec<String>>,
    /// What happens when the client has left.
    pub on_disconnect: OnDisconnect,
    /// Whether its requests may say how they are routed.
    #[serde(default)]
    pub route_override: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Until when its secret of before the last rotation works.
    #[serde(default)]
    pub previous_secret_expires_at: Option<Timestamp>,
}

impl Default for Key {
    fn default() -> Self {
        Self {
            id: String::new(),
            object: "key".into(),
            account: String::new(),
            name: String::new(),
            mode: Mode::default(),
            scopes: Vec::new(),
            expires_at: None,
            rate_limit: None,
            monthly_budget: None,
            models: None,
            on_disconnect: OnDisconnect::default(),
            route_override: false,
            created_at: Timestamp::default(),
            last_used_at: None,
            previous_secret_expires_at: None,
        }
    }
}

impl Key {
    /// Whether it opens `scope`.
    pub fn opens(&self, scope: Scope) -> bool {
        self.scopes
            .iter()
            .any(|held| *held == scope || *held == Scope::Admin)
    }
}

/// What bounds a key: a key that manages others gives no more than it has.
struct Bounds<'a> {
    expires_at: Option<Timestamp>,
    rate_limit: Option<u64>,
    monthly_budget: Option<Money>,
    models: Option<&'a [String]>,
    route_override: bool,
}

impl Bounds<'_> {
    /// Whether each is at least as tight as that of `maker`; 403.
    fn ensure_within(&self, maker: &Key) -> Result<()> {
        let models = match (self.models, &maker.models) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(held)) => own.iter().all(|model| held.contains(model)),
        };
        let within = [
            ("expires_at", is_within(self.expires_at, maker.expires_at)),
            ("rate_limit", is_within(self.rate_limit, maker.rate_limit)),
            (
                "monthly_budget",
                is_within(self.monthly_budget, maker.monthly_budget),
            ),
            ("models", models),
            (
                "route_override",
                !self.route_override || maker.route_override,
            ),
        ];
        match within.iter().find(|(_, is_within)| !is_within) {
            None => Ok(()),
            Some((field, _)) => {
                let message = format!("A key cannot give more than it has: {field}");
                Err(Error::new(Code::Forbidden, message))
            }
        }
    }
}

/// Whether `bound` is there where `outer` is, and no higher.
fn is_within<T: PartialOrd>(bound: Option<T>, outer: Option<T>) -> bool {
    outer.is_none_or(|outer| bound.is_some_and(|bound| bound <= outer))
}

impl Key {
    /// That it has no more than `maker`; 403.
    pub fn ensure_within(&self, maker: &Self) -> Result<()> {
        Bounds {
            expires_at: self.expires_at,
            rate_limit: self.rate_limit,
            monthly_budget: self.monthly_budget,
            models: self.models.as_deref(),
            route_override: self.route_override,
        }
        .ensure_within(maker)
    }
}

impl CreateKey {
    /// Takes from `maker`, which makes it, the bounds that it does not name; 403 where it names
    /// wider ones. The scope `admin`, without which a key makes none, holds all others.
    pub fn confine(&mut self, maker: &Key) -> Result<()> {
        self.expires_at = self.expires_at.or(maker.expires_at);
        self.rate_limit = self.rate_limit.or(maker.rate_limit);
        self.monthly_budget = self.monthly_budget.or(maker.monthly_budget);
        self.models = self.models.take().or_else(|| maker.models.clone());
        Bounds {
            expires_at: self.expires_at,
            rate_limit: self.rate_limit,
            monthly_budget: self.monthly_budget,
            models: self.models.as_deref(),
            route_override: self.route_override,
        }
        .ensure_within(maker)
    }
}

impl UpdateKey {
    /// That what it changes is no more than `maker`, which makes the change, has; 403.
    pub fn ensure_within(&self, maker: &Key) -> Result<()> {
        let models = match &self.models {
            None => maker.models.as_deref(),
            Some(models) => models.as_deref(),
        };
        Bounds {
            expires_at: self.expires_at.unwrap_or(maker.expires_at),
            rate_limit: self.rate_limit.unwrap_or(maker.rate_limit),
            monthly_budget: self.monthly_budget.unwrap_or(maker.monthly_budget),
            models,
            route_override: self.route_override.unwrap_or(maker.route_override),
        }
        .ensure_within(maker)
    }

    /// Whether nothing but the name changes.
    pub const fn is_name_only(&self) -> bool {
        let Self {
            name: _,
            scopes,
            expires_at,
            rate_limit,
            monthly_budget,
            models,
            on_disconnect,
            route_override,
        } = self;
        scopes.is_none()
            && expires_at.is_none()
            && rate_limit.is_none()
            && monthly_budget.is_none()
            && models.is_none()
            && on_disconnect.is_none()
            && route_override.is_none()
    }
}

/// A key at the one moment its secret is known: as it is made, [`Key`], or as it is shown,
/// [`KeySpending`].
#[derive(Debug, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "NewKey")
)]
pub struct NewKey<K = Key> {
    /// The key.
    #[serde(flatten)]
    pub key: K,
    /// `oc_live_…`: shown once, stored nowhere.
    #[serde(rename = "key")]
    pub secret: String,
}

/// A key with what it has spent: how it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Key")
)]
pub struct KeySpending {
    /// The key.
    #[serde(flatten)]
    pub key: Key,
    /// Dollars in this UTC month, with what is held for requests that run.
    pub spent: Money,
    /// When the month ends.
    pub budget_resets_at: Timestamp,
}

/// `POST /auth/token`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CreateToken {
    /// A valid API key, a code that was made with `single_use`, or the operator's token.
    pub api_key: String,
    /// Seconds, 60 to 86,400; default 3,600.
    #[serde(default = "hour")]
    pub expires_in: u64,
    /// A token that may make, change, rotate and revoke keys where its key may; default false.
    #[serde(default)]
    pub manage_keys: bool,
    /// A code that is exchanged for a token once, in the field `api_key`, and opens nothing else; default false.
    #[serde(default)]
    pub single_use: bool,
}

const fn hour() -> u64 {
    3600
}

impl CreateToken {
    /// Checks the range.
    pub fn validate(&self) -> Result<()> {
        if !(60..=86_400).contains(&self.expires_in) {
            return Err(Error::invalid(
                "expires_in",
                "must be from 60 to 86400 seconds",
            ));
        }
        Ok(())
    }
}

/// The answer to [`CreateToken`].
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Token {
    /// The JWT.
    pub token: String,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds until then.
    pub expires_in: u64,
}

fn validate_scopes(scopes: Option<&[Scope]>) -> Result<()> {
    if scopes.is_some_and(<[Scope]>::is_empty) {
        return Err(Error::invalid("scopes", "must not be empty"));
    }
    scopes.map_or(Ok(()), |scopes| ensure_distinct("scopes", scopes))
}

fn validate_models(models: Option<&[String]>) -> Result<()> {
    let models = models.unwrap_or_default();
    if models.len() > MAX_MODELS {
        let issue = format!("must have at most {MAX_MODELS} entries");
        return Err(Error::invalid("models", issue));
    }
    for (at, model) in models.iter().enumerate() {
        if model.is_empty() || model.len() > MAX_MODEL {
            let issue = format!("must have 1 to {MAX_MODEL} bytes");
            return Err(Error::invalid(format!("models[{at}]"), issue));
        }
    }
    ensure_distinct("models", models)
}

fn ensure_distinct<T: PartialEq>(field: &str, list: &[T]) -> Result<()> {
    let twice = (1..list.len()).find(|at| list[..*at].contains(&list[*at]));
    match twice {
        None => Ok(()),
        Some(at) => {
            let issue = "is there twice";
            Err(Error::invalid(format!("{field}[{at}]"), issue))
        }
    }
}

fn validate_expiry(expires_at: Option<Timestamp>, now: Timestamp) -> Result<()> {
    if expires_at.is_some_and(|at| at <= now) {
        return Err(Error::invalid("expires_at", "must be in the future"));
    }
    Ok(())
}
