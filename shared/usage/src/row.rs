//! The usage row: one request, accounted.

use crate::{Attempt, Retention, archive::HOT_DAYS, sums};
use bytes::Bytes;
use openclaw_core::{
    Error, Money, Result, Timestamp, id,
    ledger::{Step, When},
    time::{self, DAY},
};
use openclaw_schema::{
    event::{Event, EventType},
    pricing::ClassCosts,
    usage::TokenUsage,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// The prefix of rows: `log/<time backwards>/<request>`, the newest first.
pub(crate) const LOG: &str = "log/";

/// The prefix of a request's id.
pub(crate) const REQUEST: &str = "req_";

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

impl Status {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl Endpoint {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Skills => "skills",
            Self::Messages => "messages",
            Self::Responses => "responses",
            Self::Completions => "completions",
            Self::Embeddings => "embeddings",
            Self::Moderations => "moderations",
            Self::Rerank => "rerank",
            Self::Images => "images",
            Self::Speech => "speech",
            Self::Transcriptions => "transcriptions",
        }
    }

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
    /// The run of a workflow that it was a step of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
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
    /// Milliseconds until the first token of a stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// The error's code, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What the tokens cost by class; together `cost`.
    #[serde(default, skip_serializing_if = "ClassCosts::is_empty")]
    pub costs: ClassCosts,
    /// The calls of providers, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// Whether the answer was a stream.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// Whether the answer came from the response cache.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cache: bool,
    /// The trace that it belongs to, where its caller told one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The caller's span in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
    /// The caller's `user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The caller's `metadata`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl UsageRow {
    /// The steps that write the row and add it to its sums; instead of `booked`, where that is what they
    /// hold of this request already.
    pub(crate) fn steps(&self, booked: Option<&Self>, kept: Retention) -> Result<Vec<Step>> {
        let document = serde_json::to_vec(self).map_err(Error::internal)?;
        let row = Step::Put {
            key: self.ledger_key(),
            document: Bytes::from(document),
            when: booked.map_or(When::Always, |_| When::Present),
            expires: Some(time::shift(
                self.started,
                kept.request_days.min(HOT_DAYS) * DAY,
            )),
        };
        Ok([row]
            .into_iter()
            .chain(sums::steps(self, booked, kept))
            .collect())
    }

    /// Whether another model answered than was asked for.
    pub fn is_fallback(&self) -> bool {
        let served = self.served_model.as_ref();
        served.is_some_and(|served| *served != self.model)
    }

    /// The request's line in the log: nothing of its content, and no credential.
    pub(crate) fn log(&self, account: &str) {
        tracing::info!(
            target: "openclaw::request",
            request = self.request,
            account,
            key = self.key,
            endpoint = self.endpoint.as_str(),
            model = self.model,
            provider = self.provider,
            status = self.status.as_str(),
            code = self.code,
            stream = self.stream,
            attempts = self.attempts.len(),
            prompt_tokens = self.usage.prompt(),
            completion_tokens = self.usage.completion(),
            cost = %Money::from_nanos(self.cost),
            first_token_ms = self.first_token_ms,
            duration_ms = self.duration_ms,
            trace = self.trace,
            "accounted"
        );
    }

    /// Calls of providers beside the first.
    pub fn retries(&self) -> usize {
        self.attempts.len().saturating_sub(1)
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
        let at = self.ended();
        let data = json!({
            "request": self.request,
            "key": self.key,
            "model": self.model,
            "run": self.run,
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

    /// When it was settled.
    pub(crate) fn ended(&self) -> Timestamp {
        self.started + Duration::from_millis(self.duration_ms)
    }

    pub(crate) fn ledger_key(&self) -> String {
        ledger_key(self.started, &self.request)
    }
}

/// The key of a request's row: by the time in its id, or, where that has none, by when it was admitted.
pub(crate) fn ledger_key(started: Timestamp, request: &str) -> String {
    let at = id::time_of(request, REQUEST).unwrap_or(started);
    format!("{LOG}{}/{request}", id::backwards(at))
}
