//! The usage report.

use super::Interval;
use openclaw_core::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The report.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UsageReport {
    /// The word the caller used, or `custom`.
    pub period: String,
    /// The totals.
    #[serde(flatten)]
    pub totals: PeriodTotals,
    /// By model id.
    pub by_model: Vec<Group>,
    /// By UTC day, oldest first; days without requests are left out.
    pub by_day: Vec<Day>,
    /// By key id.
    pub by_key: Vec<Group>,
    /// What `groups` are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<By>,
    /// At most 1,000: those that cost most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Group>>,
    /// What `intervals` are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// Oldest first; those without requests are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intervals: Option<Vec<IntervalTotals>>,
    /// The totals of as many hours right before `start`.
    pub previous: PeriodTotals,
    /// How long all this is kept.
    pub kept: Kept,
}

impl UsageReport {
    /// Adds the names of keys, by their ids.
    pub fn name_keys(&mut self, names: &HashMap<String, String>) {
        let groups = self.groups.iter_mut().flatten();
        for Group { name, .. } in self.by_key.iter_mut().chain(groups) {
            let key = name.key.as_ref();
            name.key_name = key.and_then(|key| names.get(key)).cloned();
        }
    }
}

/// The totals of a span.
#[derive(Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PeriodTotals {
    /// The first hour covered.
    pub start: Timestamp,
    /// The end of the last hour covered.
    pub end: Timestamp,
    /// Every accounted request, failed ones too.
    pub total_requests: u64,
    /// Prompt and completion tokens.
    pub total_tokens: u64,
    /// Dollars.
    pub cost: Money,
    /// The totals in detail.
    #[serde(flatten)]
    pub detail: Detail,
}

/// Days after which requests and sums are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Kept {
    /// Single requests, and sums by user and tag.
    pub request_days: i64,
    /// All other sums.
    pub sum_days: i64,
}

/// What requests are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The model that was asked for.
    Model,
    /// The key.
    Key,
    /// The provider that answered.
    Provider,
    /// The endpoint.
    Endpoint,
    /// The caller's `user`.
    User,
    /// Each `name:value` of the caller's `metadata`.
    Tag,
}

/// The one field that says what a group is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Named {
    /// The model's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The key's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its name, in `by_key` and `groups`, while there is such a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// The provider's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `name:value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

impl By {
    /// A group of this kind.
    pub fn named(self, name: String) -> Named {
        let mut named = Named::default();
        let field = match self {
            Self::Model => &mut named.model,
            Self::Key => &mut named.key,
            Self::Provider => &mut named.provider,
            Self::Endpoint => &mut named.endpoint,
            Self::User => &mut named.user,
            Self::Tag => &mut named.tag,
        };
        *field = Some(name);
        named
    }
}

/// What totals are made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Detail {
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
    /// Requests that ended in an error.
    pub errors: u64,
    /// Requests whose client left, or that a crash cut off.
    pub interrupted: u64,
    /// Requests whose tokens are our estimate because the provider told none.
    pub estimated_requests: u64,
    /// Of the tokens, those of each class.
    pub token_classes: TokenClasses,
    /// Requests that were answered as a stream.
    pub streamed: u64,
    /// Requests that the response cache answered.
    pub cached: u64,
    /// Requests that another model answered than was asked for.
    pub fallbacks: u64,
    /// Calls of providers beside the first of each request.
    pub retries: u64,
    /// How long requests took; absent where nothing was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latencies>,
    /// Failed requests by the error's code.
    pub errors_by_code: BTreeMap<String, u64>,
}

/// Tokens that are part of those in and out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct TokenClasses {
    /// In, read from a cache.
    pub cached: u64,
    /// In, written to a cache for minutes.
    pub cache_write: u64,
    /// In, written to a cache for an hour.
    pub cache_write_1h: u64,
    /// In, audio.
    pub audio_prompt: u64,
    /// In, images.
    pub image: u64,
    /// Out, reasoning.
    pub reasoning: u64,
    /// Out, audio.
    pub audio_completion: u64,
}

impl std::ops::AddAssign for TokenClasses {
    fn add_assign(&mut self, other: Self) {
        self.cached += other.cached;
        self.cache_write += other.cache_write;
        self.cache_write_1h += other.cache_write_1h;
        self.audio_prompt += other.audio_prompt;
        self.image += other.image;
        self.reasoning += other.reasoning;
        self.audio_completion += other.audio_completion;
    }
}

/// Milliseconds, within 6.25 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Latencies {
    /// From admission to settlement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<Percentiles>,
    /// From admission to the first token of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<Percentiles>,
}

/// What that part of the requests took at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Percentiles {
    /// Half of them.
    pub p50: u64,
    /// 90 %.
    pub p90: u64,
    /// 95 %.
    pub p95: u64,
    /// 99 %.
    pub p99: u64,
}

/// The sums over one of what was grouped by.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Group {
    /// Which.
    #[serde(flatten)]
    pub name: Named,
    /// Requests.
    pub requests: u64,
    /// Prompt and completion tokens.
    pub tokens: u64,
    /// Dollars.
    pub cost: Money,
    /// The sums in detail.
    #[serde(flatten)]
    pub detail: Detail,
}

/// A day's sums.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Day {
    /// `2026-02-28`.
    pub date: String,
    /// The sums.
    #[serde(flatten)]
    pub totals: Group,
    /// The same by model.
    pub by_model: Vec<Slice>,
}

/// An interval's sums.
#[derive(Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct IntervalTotals {
    /// When it starts.
    pub start: Timestamp,
    /// The sums.
    #[serde(flatten)]
    pub totals: Group,
    /// The same by what was grouped by.
    pub groups: Vec<Slice>,
}

/// One group's part of a day or an interval.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Slice {
    /// Which group.
    #[serde(flatten)]
    pub name: Named,
    /// Requests.
    pub requests: u64,
    /// Prompt and completion tokens.
    pub tokens: u64,
    /// Dollars.
    pub cost: Money,
    /// Requests that ended in an error.
    pub errors: u64,
}
