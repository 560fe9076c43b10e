//! Admission: the requests of a minute, counted exactly.
//!
//! A window is a UTC minute. Counting is one bounded addition in the account's ledger, so that
//! of any number of racing requests never more than the limit are admitted, and it takes what
//! else must be admitted with it (a budget's reservation) in the same transaction.

pub mod connections;

use openclaw_core::{
    Code, Details, Error, Ledger, Result, Timestamp,
    ledger::{Delta, Durable, Outcome, Step, Value},
    time::{self, MINUTE},
};
use openclaw_schema::{
    account::{Account, Tier},
    config::Limits,
    key::Key,
};
use std::time::Duration;

/// What `X-RateLimit-Limit`, `-Remaining` and `-Reset` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Requests a minute.
    pub limit: u64,
    /// How many of them are left.
    pub remaining: u64,
    /// When they are all there again.
    pub reset: Timestamp,
}

/// How an admission ended.
#[derive(Debug)]
pub enum Admission {
    /// The request counts.
    Admitted {
        /// The tightest of the windows it counts in.
        window: Window,
        /// Resolves when a crash can no longer forget it.
        durable: Durable,
    },
    /// The requests of this minute are used up. Nothing was counted.
    Limited {
        /// The window that is full.
        window: Window,
    },
    /// One of the `extra` steps was not allowed. Nothing was counted.
    ExtraRefused {
        /// Its index among them.
        step: usize,
    },
    /// The account or one of its keys is not as `check` demands. Nothing was counted.
    Changed,
}

/// Requests a minute for `account`, by its tier.
pub const fn account_limit(account: &Account, limits: &Limits) -> u64 {
    match (account.rate_limit, account.tier) {
        (Some(limit), _) => limit,
        (None, Tier::Free) => limits.free,
        (None, Tier::Pro) => limits.pro,
        (None, Tier::Enterprise) => limits.enterprise,
    }
}

/// Requests of `account` that may run at once, by its tier.
pub const fn running_limit(account: &Account, limits: &Limits) -> u64 {
    limits.concurrent.of(account.tier)
}

/// Counts a request of `account` by `key` in the minute of `now` and applies the `extra` steps
/// with it, or neither; on condition that `check` holds.
pub async fn admit(
    ledger: &dyn Ledger,
    (account, key): (&Account, &Key),
    limits: &Limits,
    now: Timestamp,
    check: Step,
    extra: Vec<Step>,
) -> Result<Admission> {
    let minute = time::floor(now, MINUTE);
    let counted = counters(account, key, limits, minute);
    let counting = counted.iter().map(|counter| counter.step(minute));
    let steps = std::iter::once(check).chain(counting).chain(extra);
    let steps = steps.collect();
    let window = |limit, remaining| Window::of(minute, limit, remaining);
    Ok(match ledger.transact(&account.id, steps).await? {
        Outcome::Refused { step: 0 } => Admission::Changed,
        Outcome::Refused { step } => match counted.get(step - 1) {
            Some(full) => Admission::Limited {
                window: window(full.limit, 0),
            },
            None => Admission::ExtraRefused {
                step: step - 1 - counted.len(),
            },
        },
        Outcome::Applied(applied) => {
            let windows =
                counted
                    .iter()
                    .zip(applied.values.iter().skip(1))
                    .map(|(counter, value)| {
                        window(
                            counter.limit,
                            counter.limit.saturating_sub(count(value.as_ref())),
                        )
                    });
            let tightest = windows.min_by_key(|window| window.remaining);
            Admission::Admitted {
                window: tightest.unwrap_or(window(0, 0)),
                durable: applied.durable,
            }
        }
    })
}

impl Window {
    fn of(minute: Timestamp, limit: u64, remaining: u64) -> Self {
        Self {
            limit,
            remaining,
            reset: time::shift(minute, MINUTE),
        }
    }

    /// The window at `now` of a caller who may not call, whatever is left of it.
    pub fn closed((account, key): (&Account, &Key), limits: &Limits, now: Timestamp) -> Self {
        let limit = account_limit(account, limits);
        let limit = key.rate_limit.map_or(limit, |own| own.min(limit));
        Self::of(time::floor(now, MINUTE), limit, 0)
    }

    /// The 429 that says so, `Retry-After` included.
    pub fn error(&self, now: Timestamp) -> Error {
        let wait = self.reset.as_second() - now.as_second();
        Error::new(Code::RateLimitExceeded, "Rate limit exceeded")
            .with_details(Details::RateLimit {
                limit: self.limit,
                reset_time: self.reset.to_string(),
            })
            .with_retry_after(Duration::from_secs(wait.max(1).unsigned_abs()))
    }
}

/// A counter of requests and its bound.
struct Counter {
    key: String,
    limit: u64,
}

const FIELD: &str = "n";

impl Counter {
    fn step(&self, minute: Timestamp) -> Step {
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        Step::Add {
            key: self.key.clone(),
            deltas: vec![Delta::bounded(FIELD, 1, limit)],
            // A minute longer than it counts, so that clocks may differ.
            expires: Some(time::shift(minute, 2 * MINUTE)),
        }
    }
}

/// The account's counter, and the key's where its limit is its own. All are parts of one item.
fn counters(account: &Account, key: &Key, limits: &Limits, minute: Timestamp) -> Vec<Counter> {
    let minute = minute.as_second() / MINUTE;
    let limit = account_limit(account, limits);
    let of_account = Counter {
        key: format!("gate#m/{minute}"),
        limit,
    };
    let of_key = key
        .rate_limit
        .filter(|own| *own < limit)
        .map(|limit| Counter {
            key: format!("gate#k/{}/{minute}", key.id),
            limit,
        });
    std::iter::once(of_account).chain(of_key).collect()
}

fn count(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::Counters(counters)) => counters
            .get(FIELD)
            .copied()
            .and_then(|count| count.try_into().ok())
            .unwrap_or_default(),
        _ => 0,
    }
}
