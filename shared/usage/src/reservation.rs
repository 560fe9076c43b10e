//! Money that is held back before the provider is called.

use crate::{Endpoint, Retention, budget::budget_exceeded, progress::Progress};
use bytes::Bytes;
use openclaw_core::{
    Code, Error, Money, Result, Timestamp,
    ledger::{Delta, Step, When},
    time,
};
use openclaw_schema::{
    account::Account,
    config::Pricing,
    event::{ALL, EventType},
    key::Key,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The prefix of reservations in an account's ledger.
pub const RESERVATIONS: &str = "gate#r/";

/// How long a request is taken to be worked on after its admission or its last renewal: once
/// that has passed, [`settle_orphans`](crate::settle_orphans) may settle it.
pub const LEASE: Duration = Duration::from_secs(45);

/// How often a request that is worked on renews its lease: two renewals in a row may fail.
pub const RENEW: Duration = Duration::from_secs(15);

/// An admitted request that has not been settled: enough to settle it should nobody else.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Reservation {
    /// The request's id.
    pub request: String,
    /// The key that called.
    pub key: String,
    /// What was asked for.
    #[serde(default, skip_serializing_if = "Endpoint::is_chat")]
    pub endpoint: Endpoint,
    /// The model that was asked for; empty where none was.
    pub model: String,
    /// Prices of the model.
    pub pricing: Pricing,
    /// When it was admitted.
    pub started: Timestamp,
    /// Our estimate of the tokens in.
    pub prompt_tokens: u64,
    /// Nano-dollars held back from the month of `started`; 0 without a budget.
    pub reserved: i64,
    /// Whether it counts among the account's running requests; those that were written before
    /// these were counted do not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub counted: bool,
    /// The trace that it belongs to, where its caller told one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The caller's span in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_parent: Option<String>,
    /// Whether the answer is a stream.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
    /// How long it is kept in the log and in its sums.
    #[serde(default, skip_serializing_if = "Retention::is_default")]
    pub kept: Retention,
    /// The types of events, or `*`, that the account's webhooks want of how it ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// The account's budget in nano-dollars, where its webhooks want to know how much of it is spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<i64>,
    /// The run of a workflow that it is a step of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Its last renewal; most requests are over before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
}

/// A sign of life: how far the request is, and until when it is surely worked on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Renewal {
    pub(crate) lease: Timestamp,
    pub(crate) progress: Progress,
}

/// Whose budgets a request counts against.
#[derive(Clone, Copy, Debug)]
pub struct Spender<'a> {
    /// The account.
    pub account: &'a Account,
    /// The key.
    pub key: &'a Key,
}

impl Spender<'_> {
    /// Whether anything bounds the spending.
    pub const fn has_budget(&self) -> bool {
        self.account.monthly_budget.is_some() || self.key.monthly_budget.is_some()
    }
}

impl Reservation {
    /// Holds back `max_cost`, the most that the request can cost, where there is a budget, and notes
    /// which events of its end the account wants.
    #[must_use]
    pub fn hold(mut self, spender: Spender<'_>, max_cost: Money) -> Self {
        let ends = [
            EventType::ChatCompleted,
            EventType::ChatFailed,
            EventType::SkillExecuted,
        ];
        let is_end =
            |name: &&String| name.as_str() == ALL || ends.iter().any(|end| end.as_str() == *name);
        self.events = spender
            .account
            .events
            .iter()
            .filter(is_end)
            .cloned()
            .collect();
        self.budget = spender
            .account
            .monthly_budget
            .filter(|_| EventType::UsageThreshold.is_wanted(&spender.account.events))
            .map(Money::nanos);
        self.reserved = if spender.has_budget() {
            max_cost.nanos()
        } else {
            0
        };
        self
    }

    /// Until when it is surely worked on: [`LEASE`] after its admission or its last renewal.
    pub fn lease(&self) -> Timestamp {
        let renewed = self.renewal.as_ref().map(|renewal| renewal.lease);
        renewed.unwrap_or_else(|| later(self.started, LEASE))
    }

    /// The steps that admit it: refused where more than `max_running` requests of the account would
    /// run, or a budget would be passed. [`refused`] is the error for the step that was refused.
    pub fn steps(&self, spender: Spender<'_>, max_running: u64) -> Result<Vec<Step>> {
        // Request ids are random: there is nothing to overwrite.
        let mut steps = vec![self.put(When::Always)?];
        let max_running = i64::try_from(max_running).unwrap_or(i64::MAX);
        let counted = self
            .counted
            .then(|| Delta::bounded(RUNNING_FIELD, 1, max_running));
        steps.extend(counted.map(running));
        steps.extend(self.hold_instead(0, spender));
        Ok(steps)
    }

    /// The step that holds back what is `reserved` in place of the `held` nano-dollars, within the budgets;
    /// `None` where they are as much.
    pub(crate) fn hold_instead(&self, held: i64, spender: Spender<'_>) -> Option<Step> {
        let by = self.reserved.saturating_sub(held);
        let bound = |field: String, budget: Option<Money>| Delta {
            field,
            by,
            at_most: budget.map(Money::nanos),
        };
        (by != 0).then(|| {
            self.spend(vec![
                bound(ACCOUNT_FIELD.into(), spender.account.monthly_budget),
                bound(self.key_field(), spender.key.monthly_budget),
            ])
        })
    }

    /// The step that renews its lease at `now`; refused where it has been settled.
    pub(crate) fn renew(&self, now: Timestamp, progress: Progress) -> Result<Step> {
        let lease = later(now, LEASE);
        let renewed = Self {
            renewal: Some(Renewal { lease, progress }),
            ..self.clone()
        };
        renewed.put(When::Present)
    }

    fn put(&self, when: When) -> Result<Step> {
        let document = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(Step::Put {
            key: self.ledger_key(),
            document: Bytes::from(document),
            when,
            expires: None,
        })
    }

    /// The step that turns the `held` nano-dollars of the month's spending that are this request's
    /// into `cost`, of which `settled` come to what is settled in the month; with `more` of that month.
    /// `None` where nothing changes.
    pub(crate) fn spend_instead(
        &self,
        held: i64,
        cost: i64,
        settled: Delta,
        more: Vec<Delta>,
    ) -> Option<Step> {
        let by = cost.saturating_sub(held);
        let deltas = [
            Delta::new(ACCOUNT_FIELD, by),
            Delta::new(self.key_field(), by),
            settled,
        ];
        let deltas = deltas.into_iter().chain(more);
        let deltas = Vec::from_iter(deltas.filter(|delta| delta.by != 0));
        (!deltas.is_empty()).then(|| self.spend(deltas))
    }

    /// The step that lets another request run in its place.
    pub(crate) fn release(&self) -> Option<Step> {
        let released = self.counted.then(|| Delta::new(RUNNING_FIELD, -1));
        released.map(running)
    }

    pub(crate) fn ledger_key(&self) -> String {
        format!("{RESERVATIONS}{}", self.request)
    }

    fn key_field(&self) -> String {
        key_field(&self.key)
    }

    /// Adds to the spending of the month the request began in.
    fn spend(&self, deltas: Vec<Delta>) -> Step {
        Step::Add {
            key: month_key(self.started),
            deltas,
            // Longer than the month lasts, by a month.
            expires: Some(time::shift(self.started, 62 * time::DAY)),
        }
    }
}

/// `at` moved by `duration`, held within what a timestamp can say.
pub(crate) fn later(at: Timestamp, duration: Duration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// The ledger's key of what is spent in the month of `at`.
pub(crate) fn month_key(at: Timestamp) -> String {
    format!("gate#b/{}", time::month(at))
}

/// The field of the month's spending that counts what `key` spends.
pub(crate) fn key_field(key: &str) -> String {
    format!("k/{key}")
}

/// How many requests of the account run: as many as it has reservations that are `counted`.
const RUNNING: &str = "gate#c";
const RUNNING_FIELD: &str = "n";

fn running(delta: Delta) -> Step {
    Step::Add {
        key: RUNNING.into(),
        deltas: vec![delta],
        expires: None,
    }
}

/// The error where this step of [`Reservation::steps`] was refused: 402, 429.
pub fn refused(step: &Step) -> Error {
    match step {
        Step::Add { key, deltas, .. } if key == RUNNING => {
            let limit = deltas.first().and_then(|delta| delta.at_most);
            let limit = limit.unwrap_or_default();
            let message = format!("The account has {limit} requests running, which is its limit");
            Error::new(Code::RateLimitExceeded, message).with_retry_after(Duration::from_secs(1))
        }
        _ => budget_exceeded(),
    }
}

/// The field of the month's spending that counts the whole account.
pub(crate) const ACCOUNT_FIELD: &str = "total";

/// The field of the month's spending that counts what requests came to that have ended.
pub(crate) const SETTLED_FIELD: &str = "settled";
