//! `GET /analytics/usage` and `GET /analytics/requests` on the wire.

mod report;
mod requests;
mod tokens;

pub use report::{
    By, Day, Detail, Group, IntervalTotals, Kept, Latencies, Named, Percentiles, PeriodTotals,
    Slice, TokenClasses, UsageReport,
};
pub use requests::{
    AttemptView, MAX_EXPORTED, RequestDetail, RequestFilter, RequestList, RequestView, StatusFilter,
};
pub use tokens::{CompletionUsage, InputOutputUsage, TokenUsage};

use openclaw_core::{
    Error, Result, Timestamp,
    time::{DAY, HOUR, floor, shift},
};
use serde::{Deserialize, Serialize};

/// The longest span a report may cover, in days: 13 months, as long as sums are kept by default.
pub const MAX_DAYS: i64 = 396;

/// The query: `period`, or `start` and optionally `end`; what to group by, and whose usage alone counts.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UsageQuery {
    /// `24h`, `7d`, `30d` or `90d`, up to now. Default `7d`.
    pub period: Option<String>,
    /// RFC 3339; rounded down to the hour.
    pub start: Option<Timestamp>,
    /// RFC 3339, exclusive; rounded up to the hour. Default: now.
    pub end: Option<Timestamp>,
    /// What `groups` are of.
    pub group_by: Option<By>,
    /// The length of what `intervals` are of.
    pub interval: Option<Interval>,
    /// Only requests for this model.
    pub model: Option<String>,
    /// Only those of this key.
    pub key: Option<String>,
    /// Only those that this provider answered.
    pub provider: Option<String>,
    /// Only those for this endpoint.
    pub endpoint: Option<String>,
}

/// How long an interval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    /// An hour.
    Hour,
    /// A UTC day.
    Day,
}

/// A query whose bounds were checked.
#[derive(Clone, Debug)]
pub struct UsageAsked {
    /// The hours.
    pub span: Span,
    /// See [`UsageQuery::group_by`].
    pub group_by: Option<By>,
    /// See [`UsageQuery::interval`].
    pub interval: Option<Interval>,
    /// See [`UsageQuery::model`].
    pub model: Option<String>,
    /// See [`UsageQuery::key`].
    pub key: Option<String>,
    /// See [`UsageQuery::provider`].
    pub provider: Option<String>,
    /// See [`UsageQuery::endpoint`].
    pub endpoint: Option<String>,
}

/// Days of which hours may be shown one by one.
const MAX_HOURLY_DAYS: i64 = 31;

/// A span of whole UTC hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The word the caller used for it.
    pub period: String,
    /// Inclusive.
    pub start: Timestamp,
    /// Exclusive.
    pub end: Timestamp,
}

impl Span {
    /// As many hours, right before it.
    #[must_use]
    pub fn before(&self) -> Self {
        let seconds = self.end.as_second() - self.start.as_second();
        Self {
            period: self.period.clone(),
            start: shift(self.start, -seconds),
            end: self.start,
        }
    }
}

impl UsageQuery {
    /// What was asked for, whole.
    pub fn check(self, now: Timestamp) -> Result<UsageAsked> {
        let span = self.span(now)?;
        let days = (span.end.as_second() - span.start.as_second()) / DAY;
        if self.interval == Some(Interval::Hour) && days > MAX_HOURLY_DAYS {
            let issue = format!("must be day for more than {MAX_HOURLY_DAYS} days");
            return Err(Error::invalid("interval", issue));
        }
        let filters = [&self.model, &self.key, &self.provider, &self.endpoint];
        if matches!(self.group_by, Some(By::User | By::Tag))
            && filters.into_iter().any(Option::is_some)
        {
            let issue = "user and tag exclude model, key, provider and endpoint";
            return Err(Error::invalid("group_by", issue));
        }
        Ok(UsageAsked {
            span,
            group_by: self.group_by,
            interval: self.interval,
            model: self.model,
            key: self.key,
            provider: self.provider,
            endpoint: self.endpoint,
        })
    }

    /// The whole hours asked for.
    pub fn span(&self, now: Timestamp) -> Result<Span> {
        let (period, start, end) = match (&self.period, self.start) {
            (Some(_), Some(_)) => return Err(Error::invalid("period", "excludes start and end")),
            (_, None) if self.end.is_some() => return Err(Error::invalid("end", "needs a start")),
            (None, Some(start)) => ("custom", start, self.end.unwrap_or(next_hour(now))),
            (period, None) => {
                let (period, seconds) = period_seconds(period.as_deref().unwrap_or("7d"))?;
                (period, shift(now, -seconds), next_hour(now))
            }
        };
        let (start, end) = (floor(start, HOUR), ceil_hour(end));
        if start >= end {
            return Err(Error::invalid("end", "must be behind start"));
        }
        if end.as_second() - start.as_second() > MAX_DAYS * DAY {
            return Err(Error::invalid(
                "start",
                format!("is more than {MAX_DAYS} days before end"),
            ));
        }
        Ok(Span {
            period: period.into(),
            start,
            end,
        })
    }
}

fn next_hour(at: Timestamp) -> Timestamp {
    shift(floor(at, HOUR), HOUR)
}

fn ceil_hour(at: Timestamp) -> Timestamp {
    let hour = floor(at, HOUR);
    if hour < at { next_hour(at) } else { hour }
}

fn period_seconds(period: &str) -> Result<(&'static str, i64)> {
    Ok(match period {
        "24h" => ("24h", DAY),
        "7d" => ("7d", 7 * DAY),
        "30d" => ("30d", 30 * DAY),
        "90d" => ("90d", 90 * DAY),
        _ => return Err(Error::invalid("period", "must be one of 24h, 7d, 30d, 90d")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn query(period: Option<&str>, start: Option<&str>, end: Option<&str>) -> UsageQuery {
        UsageQuery {
            period: period.map(Into::into),
            start: start.map(at),
            end: end.map(at),
            ..UsageQuery::default()
        }
    }

    #[test]
    fn a_period_ends_with_the_current_hour() {
        let span = query(Some("24h"), None, None)
            .span(at("2026-03-02T10:30:00Z"))
            .unwrap();
        assert_eq!(
            (span.start, span.end),
            (at("2026-03-01T10:00:00Z"), at("2026-03-02T11:00:00Z"))
        );
    }

    #[test]
    fn a_whole_hour_is_not_widened() {
        let span = query(
            None,
            Some("2026-03-01T10:00:00Z"),
            Some("2026-03-01T11:00:00Z"),
        )
        .span(at("2026-03-02T10:30:00Z"))
        .unwrap();
        assert_eq!(
            (span.start, span.end),
            (at("2026-03-01T10:00:00Z"), at("2026-03-01T11:00:00Z"))
        );
    }

    #[test]
    fn the_first_moments_of_an_hour_are_covered() {
        for now in ["2026-03-02T11:00:00Z", "2026-03-02T11:00:00.5Z"] {
            let span = query(None, None, None).span(at(now)).unwrap();
            assert_eq!(span.end, at("2026-03-02T12:00:00Z"));
        }
    }

    #[test]
    fn the_previous_period_ends_where_this_one_starts() {
        let span = query(Some("24h"), None, None);
        let before = span.span(at("2026-03-02T10:30:00Z")).unwrap().before();
        assert_eq!(
            (before.start, before.end),
            (at("2026-02-28T09:00:00Z"), at("2026-03-01T10:00:00Z"))
        );
    }

    #[test]
    fn senseless_spans_are_refused() {
        let now = at("2026-03-02T10:30:00Z");
        for bad in [
            query(Some("1y"), None, None),
            query(Some("7d"), Some("2026-03-01T10:00:00Z"), None),
            query(None, None, Some("2026-03-01T10:00:00Z")),
            query(
                None,
                Some("2026-03-01T10:00:00Z"),
                Some("2026-03-01T10:00:00Z"),
            ),
            query(None, Some("2020-03-01T10:00:00Z"), None),
        ] {
            assert!(bad.span(now).is_err(), "{bad:?}");
        }
    }
}
