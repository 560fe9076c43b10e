//! Sums of whole hours and whole days: what the hours' items come to, in few documents, so that a report
//! over months reads little.
//!
//! [`roll_up`] adds up what has ended and says up to when it did; a report reads documents before that time
//! and items after it. The items stay: a request that ends so late that its hour was added up already marks
//! the hour and its day as stale, and reports read these by their items from then on.

mod document;
mod read;
mod roll_up;

pub(crate) use read::Source;
pub(crate) use roll_up::roll_up;

use crate::{
    Retention,
    sums::{LABELS, OLD_SUMS, SUMS},
};
use bytes::Bytes;
use openclaw_core::{
    Ledger, Result, Timestamp,
    documents::{self, Stored},
    ledger::{Step, When},
    time::{self, DAY, HOUR},
};
use serde::{Deserialize, Serialize};

/// How long a request may take that marks nothing as stale, in seconds.
pub(crate) const LATE: i64 = HOUR;

/// How long after its end an hour is added up, in seconds: a request that took less than [`LATE`] has been
/// settled long before.
const SETTLED: i64 = 2 * HOUR;

/// The key of how far the account's sums are added up.
const ROLLED_UP: &str = "rolled-up";

/// What follows a span in the key of its mark; it sorts before the parts of the span's document.
const STALE: &str = "!";

/// Sums of one kind, as items and added up.
pub(crate) struct Kind {
    /// The prefixes of the hours' items.
    items: &'static [&'static str],
    /// The prefix of hours: `rollup/hour/<hour>/<part>`.
    hours: &'static str,
    /// The prefix of days: `rollup/day/<date>/<part>`.
    days: &'static str,
}

/// By key, endpoint, provider and model.
pub(crate) const SERIES: Kind = Kind {
    items: &[SUMS, OLD_SUMS],
    hours: "rollup/hour/",
    days: "rollup/day/",
};

/// By `user` and `metadata`.
pub(crate) const BY_LABEL: Kind = Kind {
    items: &[LABELS],
    hours: "rollup/label-hour/",
    days: "rollup/label-day/",
};

impl Kind {
    /// When a document about a span that starts at `start` is gone.
    fn expires(&self, start: Timestamp, kept: Retention) -> Timestamp {
        let days = match self.hours == BY_LABEL.hours {
            true => kept.request_days,
            false => kept.sum_days,
        };
        time::shift(start, (days + 2) * DAY)
    }
}

/// The length of what a document is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Hour,
    Day,
}

impl Unit {
    const fn seconds(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// How keys name the one that starts at `at`.
    fn name(self, at: Timestamp) -> String {
        match self {
            Self::Hour => time::hour(at),
            Self::Day => time::day(at),
        }
    }

    const fn prefix(self, kind: &Kind) -> &'static str {
        match self {
            Self::Hour => kind.hours,
            Self::Day => kind.days,
        }
    }
}

/// How far the sums are added up.
#[derive(Clone, Copy, Deserialize, Serialize)]
struct RolledUp {
    /// All hours before this one are, and all days that end before it or with it.
    until: Timestamp,
}

async fn rolled_up(ledger: &dyn Ledger, account: &str) -> Result<Option<Stored<RolledUp>>> {
    documents::find(ledger, account, ROLLED_UP).await
}

/// The steps that mark the hour and the day of `started` as stale; `labelled` for sums by label, too.
pub(crate) fn stale(started: Timestamp, labelled: bool, kept: Retention) -> Vec<Step> {
    let kinds = [Some(&SERIES), labelled.then_some(&BY_LABEL)];
    let mark = |kind: &'static Kind| {
        [Unit::Hour, Unit::Day].map(|unit| Step::Put {
            key: stale_key(kind, unit, time::floor(started, unit.seconds())),
            document: Bytes::from_static(b"{}"),
            when: When::Always,
            expires: Some(kind.expires(started, kept)),
        })
    };
    kinds.into_iter().flatten().flat_map(mark).collect()
}

fn stale_key(kind: &Kind, unit: Unit, start: Timestamp) -> String {
    format!("{}{}/{STALE}", unit.prefix(kind), unit.name(start))
}

/// The moment of an hour `2026-02-28T12` or a day `2026-02-28`.
pub(crate) fn moment(name: &str) -> Timestamp {
    let rest = match name.contains('T') {
        true => ":00:00Z",
        false => "T00:00:00Z",
    };
    format!("{name}{rest}").parse().unwrap_or_default()
}
