//! How an endpoint has been doing: nothing is stored of one that works.

use bytes::Bytes;
use openclaw_core::{
    Error, Ledger, Result, Timestamp,
    ledger::{Step, When},
    time,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Failures in a row after which the breaker opens.
const TOLERATED: u32 = 5;

/// How long the breaker is open at first; twice as long after each further failure.
const OPEN: Duration = Duration::from_secs(30);

/// How long it is open at most.
const OPEN_AT_MOST: Duration = Duration::from_secs(15 * 60);

/// Seconds of failures after which an endpoint is disabled.
const DISABLED_AFTER: i64 = 5 * time::DAY;

/// Failures in a row, and the breaker that they opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Health {
    /// Failures since the last success.
    pub failures: u32,
    /// When the first of them was.
    pub failing_since: Timestamp,
    /// Nothing is sent before this.
    pub open_until: Timestamp,
}

impl Health {
    /// Of an endpoint; `None` where its last attempt succeeded.
    pub(crate) async fn read(ledger: &dyn Ledger, account: &str, id: &str) -> Result<Option<Self>> {
        let item = ledger.get(account, &key(id)).await?;
        let document = item.as_ref().and_then(|item| item.document());
        let read = document.map(|bytes| serde_json::from_slice(bytes));
        read.transpose().map_err(Error::internal)
    }

    /// After another failure at `now`.
    #[must_use]
    pub(crate) fn after_failure(before: Option<Self>, now: Timestamp) -> Self {
        let before = before.unwrap_or(Self {
            failures: 0,
            failing_since: now,
            open_until: now,
        });
        let failures = before.failures.saturating_add(1);
        let doublings = failures.saturating_sub(TOLERATED).min(16);
        let open = match failures >= TOLERATED {
            false => Duration::ZERO,
            true => OPEN_AT_MOST.min(OPEN * (1 << doublings)),
        };
        Self {
            failures,
            open_until: now + open,
            ..before
        }
    }

    /// Whether it has failed for so long that the endpoint is to be disabled.
    pub(crate) fn is_hopeless(&self, now: Timestamp) -> bool {
        now >= time::shift(self.failing_since, DISABLED_AFTER)
    }

    /// The step that notes it.
    pub(crate) fn put(&self, id: &str) -> Result<Step> {
        Ok(Step::Put {
            key: key(id),
            document: Bytes::from(serde_json::to_vec(self).map_err(Error::internal)?),
            when: When::Always,
            expires: None,
        })
    }
}

/// The step that forgets the failures of an endpoint.
pub(crate) fn forget(id: &str) -> Step {
    Step::Delete {
        key: key(id),
        when: When::Always,
    }
}

fn key(id: &str) -> String {
    format!("webhook-health/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_breaker_opens_after_five_failures_and_for_longer_each_time() {
        let now = time::from_second(1000);
        let mut health = None;
        let mut open = vec![];
        for _ in 0..12 {
            let after = Health::after_failure(health, now);
            open.push(after.open_until.duration_since(now).as_secs());
            health = Some(after);
        }
        assert_eq!(open, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn an_endpoint_is_hopeless_after_five_days() {
        let at = time::from_second;
        let first = Health::after_failure(None, at(0));
        let health = Health::after_failure(Some(first), at(432_000));
        assert!(!health.is_hopeless(at(431_999)) && health.is_hopeless(at(432_000)));
    }
}
