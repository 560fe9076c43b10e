//! The request log.

use super::TokenClasses;
use openclaw_core::{Error, Money, Result, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::collections::BTreeMap;

/// Requests that one answer may have as CSV.
pub const MAX_EXPORTED: usize = 1000;

/// The query of the request log. All filters must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct RequestFilter {
    /// How many at most: 1 to 100 (default 20), as CSV to 1,000.
    pub limit: Option<usize>,
    /// The `last_id` of the page before.
    pub after: Option<String>,
    /// The one with this id.
    pub request_id: Option<String>,
    /// Those for this model, or that it answered.
    pub model: Option<String>,
    /// Those that this provider answered.
    pub provider: Option<String>,
    /// Those of this key.
    pub key: Option<String>,
    /// Those that ended so: `completed`, `failed`, `interrupted`, or an HTTP status such as `502`.
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    pub status: Option<StatusFilter>,
    /// Those that failed with this error code.
    pub code: Option<String>,
    /// Those for this endpoint.
    pub endpoint: Option<String>,
    /// Those of this `user`.
    pub user: Option<String>,
    /// Those that were steps of this run of a workflow.
    pub run: Option<String>,
    /// Not earlier.
    pub start: Option<Timestamp>,
    /// Earlier.
    pub end: Option<Timestamp>,
}

impl RequestFilter {
    /// How many to show, where `most` may be shown.
    pub fn limit(&self, most: usize) -> Result<usize> {
        let limit = self.limit.unwrap_or(20);
        if !(1..=most).contains(&limit) {
            return Err(Error::invalid("limit", format!("must be from 1 to {most}")));
        }
        Ok(limit)
    }
}

/// How a request ended: in our words, or by the HTTP status of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// `completed`, `failed`, `interrupted`.
    Word(&'static str),
    /// Such as 502.
    Http(u16),
}

impl<'de> Deserialize<'de> for StatusFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let words = ["completed", "failed", "interrupted"];
        let word = words.into_iter().find(|word| *word == text);
        let status = || {
            text.parse()
                .ok()
                .filter(|status| (100..600).contains(status))
        };
        let filter = word.map(Self::Word).or_else(|| status().map(Self::Http));
        filter.ok_or_else(|| {
            D::Error::custom("must be completed, failed, interrupted or an HTTP status")
        })
    }
}

/// A page of the request log, the newest first. It may hold fewer requests than were asked for although
/// there are more, where the filters leave out thousands.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RequestList {
    /// Always `list`.
    pub object: &'static str,
    /// The requests.
    pub data: Vec<RequestView>,
    /// Whether to go on after `last_id`.
    pub has_more: bool,
    /// Where the next page starts.
    pub last_id: Option<String>,
    /// Days after which a request is gone.
    pub kept_days: i64,
}

/// A request in the log: everything but its content.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RequestView {
    /// `req_…`.
    pub id: String,
    /// Always `analytics.request`.
    pub object: &'static str,
    /// When it was admitted.
    pub created_at: Timestamp,
    /// The key that called.
    pub key: String,
    /// What was asked for.
    pub endpoint: String,
    /// The model that was asked for; `null` where none was.
    pub model: Option<String>,
    /// The model that answered.
    pub served_model: Option<String>,
    /// The provider that answered.
    pub provider: Option<String>,
    /// `completed`, `failed` or `interrupted`.
    pub status: &'static str,
    /// The status of the answer: 499 where the client had left.
    pub http_status: u16,
    /// The error's code.
    pub code: Option<String>,
    /// Whether it was answered as a stream.
    pub stream: bool,
    /// Whether the response cache answered.
    pub cache: bool,
    /// Whether another model answered than was asked for.
    pub fallback: bool,
    /// Calls of providers beside the first.
    pub retries: usize,
    /// Tokens in.
    pub prompt_tokens: u64,
    /// Tokens out.
    pub completion_tokens: u64,
    /// Of these, those of each class.
    pub token_classes: TokenClasses,
    /// Whether some of the tokens are our estimate.
    pub estimated: bool,
    /// Dollars.
    pub cost: Money,
    /// Milliseconds until the first token of a stream.
    pub first_token_ms: Option<u64>,
    /// Milliseconds until it was settled.
    pub duration_ms: u64,
    /// The trace that it belongs to, where its caller sent a `traceparent`.
    pub trace_id: Option<String>,
    /// The run of a workflow that it was a step of.
    pub run: Option<String>,
    /// The caller's `user`.
    pub user: Option<String>,
    /// The caller's `metadata`.
    pub metadata: BTreeMap<String, String>,
}

/// A request with all that is known of it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RequestDetail {
    /// The request.
    #[serde(flatten)]
    pub request: RequestView,
    /// The calls of providers, the first one first.
    pub attempts: Vec<AttemptView>,
    /// Dollars by class of token, as prices name them.
    pub cost_by_class: BTreeMap<String, Money>,
}

/// A call of a provider.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AttemptView {
    /// The provider's id.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// The HTTP status that it answered; `null` where it did not.
    pub status: Option<u16>,
    /// The error's code, where it failed.
    pub code: Option<String>,
    /// Milliseconds until it had answered (a stream: until something of the answer was there) or failed.
    pub duration_ms: u64,
}
