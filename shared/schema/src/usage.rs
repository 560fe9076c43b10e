//! `GET /analytics/usage` on the wire.

mod tokens;

pub use tokens::{CompletionUsage, InputOutputUsage, TokenUsage};

use openclaw_core::{
    Error, Money, Result, Timestamp,
    time::{DAY, HOUR, floor, shift},
};
use serde::{Deserialize, Serialize};

/// The longest span a report may cover, in days: as long as usage is kept.
pub const MAX_DAYS: i64 = 366;

/// The query: `period`, or `start` and optionally `end`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UsageQuery {
    /// `24h`, `7d`, `30d` or `90d`, up to now. Default `7d`.
    pub period: Option<String>,
    /// RFC 3339; rounded down to the hour.
    pub start: Option<Timestamp>,
    /// RFC 3339, exclusive; rounded up to the hour. Default: now.
    pub end: Option<Timestamp>,
}

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

impl UsageQuery {
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

/// The report.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct UsageReport {
    /// The word the caller used, or `custom`.
    pub period: String,
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
    /// By model id.
    pub by_model: Vec<Group>,
    /// By UTC day, oldest first.
    pub by_day: Vec<Group>,
    /// By key id.
    pub by_key: Vec<Group>,
}

/// What the totals are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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
}

/// The sums over one model, day or key.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "UsageGroup")
)]
pub struct Group {
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The day, `2026-02-28`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The key's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
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
