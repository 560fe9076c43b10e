//! The usage row and the hour's sums.

use bytes::Bytes;
use openclaw_core::{
    Error, Money, Result, Timestamp,
    ledger::{Counters, Delta, Step, When},
    time::{self, DAY},
};
use openclaw_schema::{
    event::{Event, EventType},
    usage::{Detail, MAX_DAYS, TokenUsage},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// Days for which single rows are kept; the hours' sums are kept for [`MAX_DAYS`].
const ROW_DAYS: i64 = 90;

/// How a request ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// With a whole answer.
    Completed,
    /// With an error, before or after its first token.
    Failed,
    /// Its client left, or a crash cut it off.
    #[default]
    Interrupted,
}

/// What a request asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// A model; rows that were written before there was anything else do not say so.
    #[default]
    Chat,
    /// A skill.
    Skills,
    /// A model, in Anthropic's messages.
    Messages,
    /// A model, in OpenAI's responses.
    Responses,
    /// A model, in OpenAI's completions before the chat's.
    Completions,
    /// A model that turns texts into vectors.
    Embeddings,
    /// A model that says whether a text is harmful.
    Moderations,
    /// A model that sorts documents.
    Rerank,
    /// A model that makes pictures.
    Images,
    /// A model that speaks.
    Speech,
    /// A model that listens.
    Transcriptions,
}

impl Endpoint {
    /// Whether it is the one that goes without saying.
    pub(crate) fn is_chat(&self) -> bool {
        *self == Self::Chat
    }
}

/// One request, accounted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct UsageRow {
    /// The request's id.
    pub request: String,
    /// The key that called.
    pub key: String,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Endpoint::is_chat")]
    pub endpoint: Endpoint,
    /// The model that was asked for; empty where none was.
    pub model: String,
    /// The provider that answered, where one did.
    pub provider: Option<String>,
    /// The model that answered, where one did: a fallback, when it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_model: Option<String>,
    /// How it ended.
    pub status: Status,
    /// Tokens in and out, those of calls that failed included.
    pub usage: TokenUsage,
    /// Whether some of the tokens are our estimate because the provider did not tell them.
    pub estimated: bool,
    /// Nano-dollars.
    pub cost: i64,
    /// When it was admitted.
    pub started: Timestamp,
    /// Milliseconds until it was settled.
    pub duration_ms: u64,
}

/// The prefix of the hours' sums: `hour/<hour>/<key>/<model>`.
pub(crate) const HOURS: &str = "hour/";

impl UsageRow {
    /// The steps that write the row and add it to its hour; instead of `booked`, where that is
    /// what they hold of this request already.
    pub(crate) fn steps(&self, booked: Option<&Self>) -> Result<Vec<Step>> {
        let document = serde_json::to_vec(self).map_err(Error::internal)?;
        let row = Step::Put {
            key: self.ledger_key(),
            document: Bytes::from(document),
            when: booked.map_or(When::Always, |_| When::Present),
            expires: Some(time::shift(self.started, ROW_DAYS * DAY)),
        };
        let before = booked.map(Self::sums);
        let deltas = self.sums().into_iter().enumerate();
        let deltas: Vec<_> = deltas
            .map(|(at, (field, sum))| (field, sum - before.map_or(0, |before| before[at].1)))
            .filter(|(_, by)| *by != 0)
            .map(|(field, by)| Delta::new(field, by))
            .collect();
        let hour = (!deltas.is_empty()).then(|| Step::Add {
            key: format!(
                "{HOURS}{}/{}/{}",
                time::hour(self.started),
                self.key,
                self.model
            ),
            deltas,
            expires: Some(time::shift(self.started, (MAX_DAYS + 1) * DAY)),
        });
        Ok([row].into_iter().chain(hour).collect())
    }

    /// The step that tells the webhooks of `account` of it, where one of `wanted` means that.
    pub(crate) fn tell(&self, account: &str, wanted: &[String]) -> Result<Option<Step>> {
        let kind = match (self.endpoint, self.status) {
            (Endpoint::Skills, _) => EventType::SkillExecuted,
            (_, Status::Completed) => EventType::ChatCompleted,
            (_, _) => EventType::ChatFailed,
        };
        if !kind.is_wanted(wanted) {
            return Ok(None);
        }
        let at = self.started + Duration::from_millis(self.duration_ms);
        let data = json!({
            "request": self.request,
            "key": self.key,
            "model": self.model,
            "provider": self.provider,
            "status": self.status,
            "usage": {
                "prompt_tokens": self.usage.prompt(),
                "completion_tokens": self.usage.completion(),
                "total_tokens": self.usage.prompt() + self.usage.completion(),
                "cost": Money::from_nanos(self.cost),
            },
            "started_at": time::whole_second(self.started),
            "duration_ms": self.duration_ms,
        });
        let event = Event::new(kind, at, &data)?;
        event.step(account, &self.request, at).map(Some)
    }

    pub(crate) fn ledger_key(&self) -> String {
        format!("row/{}/{}", sortable(self.started), self.request)
    }

    fn sums(&self) -> [(&'static str, i64); 7] {
        let one_if = |condition| i64::from(condition);
        let tokens = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        [
            ("requests", 1),
            ("prompt_tokens", tokens(self.usage.prompt())),
            ("completion_tokens", tokens(self.usage.completion())),
            ("cost", self.cost),
            ("errors", one_if(self.status == Status::Failed)),
            ("interrupted", one_if(self.status == Status::Interrupted)),
            ("estimated", one_if(self.estimated)),
        ]
    }
}

/// The sums that [`UsageRow::sums`] wrote, read back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) requests: u64,
    pub(crate) cost: Money,
    pub(crate) detail: Detail,
}

impl Sums {
    pub(crate) fn read(counters: &Counters) -> Self {
        let get = |field| counters.get(field).copied().unwrap_or_default();
        let count = |field| u64::try_from(get(field)).unwrap_or_default();
        Self {
            requests: count("requests"),
            cost: Money::from_nanos(get("cost")),
            detail: Detail {
                prompt_tokens: count("prompt_tokens"),
                completion_tokens: count("completion_tokens"),
                errors: count("errors"),
                interrupted: count("interrupted"),
                estimated_requests: count("estimated"),
            },
        }
    }

    pub(crate) const fn tokens(&self) -> u64 {
        self.detail.prompt_tokens + self.detail.completion_tokens
    }
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.cost += other.cost;
        self.detail.prompt_tokens += other.detail.prompt_tokens;
        self.detail.completion_tokens += other.detail.completion_tokens;
        self.detail.errors += other.detail.errors;
        self.detail.interrupted += other.detail.interrupted;
        self.detail.estimated_requests += other.detail.estimated_requests;
    }
}

/// `at` to the millisecond in a form whose order is the order of time.
fn sortable(at: Timestamp) -> String {
    format!("{at:.3}")
}
