//! Accounts: the operator's view of who may use the gateway.

use crate::{
    guardrail::{self, Guardrail},
    key::Scope,
};
use openclaw_core::{Error, Money, Result, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

/// What an account may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// 100 requests a minute unless configured otherwise.
    #[default]
    Free,
    /// 1,000 requests a minute unless configured otherwise.
    Pro,
    /// As many as the account's own `rate_limit` says.
    Enterprise,
}

/// Whether an account's keys work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "AccountStatus")
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// They do.
    #[default]
    Active,
    /// They are refused.
    Suspended,
}

/// An account on the wire and in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Account {
    /// `acct_…`.
    pub id: String,
    /// Always `account`.
    #[serde(default)]
    pub object: String,
    /// A name for people.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// Requests a minute, where the tier's number does not hold.
    pub rate_limit: Option<u64>,
    /// Dollars a UTC month.
    pub monthly_budget: Option<Money>,
    /// Whether its keys work.
    pub status: Status,
    /// The types of events that its webhooks want, `*` for all: known wherever the account is, so that
    /// one without webhooks pays nothing for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// What it lets into its chats and out of them, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guardrails: Vec<Guardrail>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// `GET /account`: whose key it is that asks, and what is left to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CurrentAccount {
    /// `acct_…`.
    pub id: String,
    /// Always `account`.
    pub object: &'static str,
    /// A name for people.
    pub name: String,
    /// Its tier.
    pub tier: Tier,
    /// What the key opens.
    pub scopes: Vec<Scope>,
    /// The tightest of the limits that hold for the key.
    pub rate_limit: RateLimit,
    /// The account's money.
    pub budget: Budget,
    /// The key that asks.
    pub key: KeyName,
}

/// `GET` and `PUT /account/guardrails`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AccountGuardrails {
    /// What the account lets into its chats and out of them, in this order; at most 20.
    pub guardrails: Vec<Guardrail>,
}

/// A minute's requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RateLimit {
    /// Requests a minute.
    pub limit: u64,
    /// How many of them are left, after this one.
    pub remaining: u64,
    /// When they are all there again.
    pub reset: Timestamp,
}

/// A month's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Budget {
    /// Dollars a UTC month; `null`: as many as it takes.
    pub monthly: Option<Money>,
    /// Dollars that are spent of it, with what is held for requests that run.
    pub spent: Money,
    /// When the month ends.
    pub resets_at: Timestamp,
}

/// A key by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct KeyName {
    /// `key_…`.
    pub id: String,
    /// A name for people.
    pub name: String,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: String::new(),
            object: "account".into(),
            name: String::new(),
            tier: Tier::default(),
            rate_limit: None,
            monthly_budget: None,
            status: Status::default(),
            events: vec![],
            guardrails: vec![],
            created_at: Timestamp::default(),
        }
    }
}

/// `POST /accounts`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CreateAccount {
    /// 1 to 200 characters.
    pub name: String,
    /// Default `free`.
    #[serde(default)]
    pub tier: Tier,
    /// Requests a minute, where the tier's number shall not hold; required for `enterprise`
    /// unless `limits.enterprise` is configured.
    pub rate_limit: Option<u64>,
    /// Dollars a UTC month.
    pub monthly_budget: Option<Money>,
    /// What it lets into its chats and out of them, in this order; at most 20.
    #[serde(default)]
    pub guardrails: Vec<Guardrail>,
}

impl CreateAccount {
    /// Checks lengths and ranges.
    pub fn validate(&self) -> Result<()> {
        validate_name(&self.name)?;
        validate_rate_limit(self.rate_limit)?;
        guardrail::validate("guardrails", &self.guardrails)
    }
}

/// `PATCH /accounts/{id}`: what is absent stays, `null` removes.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UpdateAccount {
    /// 1 to 200 characters.
    pub name: Option<String>,
    /// The new tier.
    pub tier: Option<Tier>,
    /// Requests a minute.
    #[serde(default, deserialize_with = "present")]
    pub rate_limit: Option<Option<u64>>,
    /// Dollars a UTC month.
    #[serde(default, deserialize_with = "present")]
    pub monthly_budget: Option<Option<Money>>,
    /// Whether its keys work.
    pub status: Option<Status>,
    /// What it lets into its chats and out of them, in place of all that were there.
    pub guardrails: Option<Vec<Guardrail>>,
}

impl UpdateAccount {
    /// Checks lengths and ranges.
    pub fn validate(&self) -> Result<()> {
        self.name.as_deref().map_or(Ok(()), validate_name)?;
        validate_rate_limit(self.rate_limit.flatten())?;
        guardrail::validate("guardrails", self.guardrails.as_deref().unwrap_or_default())
    }

    /// The account with the changes in it.
    #[must_use]
    pub fn apply(self, account: Account) -> Account {
        Account {
            name: self.name.unwrap_or(account.name),
            tier: self.tier.unwrap_or(account.tier),
            rate_limit: self.rate_limit.unwrap_or(account.rate_limit),
            monthly_budget: self.monthly_budget.unwrap_or(account.monthly_budget),
            status: self.status.unwrap_or(account.status),
            guardrails: self.guardrails.unwrap_or(account.guardrails),
            ..account
        }
    }
}

/// Tells an absent field (outer `None`) from `null` (inner `None`).
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

pub(crate) fn validate_name(name: &str) -> Result<()> {
    if name.trim().is_empty() || name.chars().count() > 200 {
        return Err(Error::invalid("name", "must have 1 to 200 characters"));
    }
    Ok(())
}

pub(crate) fn validate_rate_limit(limit: Option<u64>) -> Result<()> {
    if limit.is_some_and(|limit| !(1..=10_000_000).contains(&limit)) {
        return Err(Error::invalid(
            "rate_limit",
            "must be from 1 to 10000000 requests a minute",
        ));
    }
    Ok(())
}
