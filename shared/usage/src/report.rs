//! The usage report: the hours of a span, summed.

use crate::{
    Retention,
    days::Source,
    sums::{LABELS, Series, Sums},
};
use openclaw_core::{Error, Ledger, Result, Timestamp, time::hour};
use openclaw_schema::usage::{
    By, Day, Group, Interval, IntervalTotals, Kept, PeriodTotals, Slice, Span, UsageAsked,
    UsageReport,
};
use std::{cmp::Reverse, collections::BTreeMap};

const PAGE: usize = 1000;

/// Groups that are shown, at most: those that cost most, then those with most requests.
const MAX_GROUPS: usize = 1000;

/// Sums an account's usage over what was asked for: the totals equal the sum over its requests exactly.
pub async fn report(
    ledger: &dyn Ledger,
    account: &str,
    asked: &UsageAsked,
    now: Timestamp,
    kept: Retention,
) -> Result<UsageReport> {
    let source = Source {
        ledger,
        account,
        now,
        kept,
        by_hour: asked.interval == Some(Interval::Hour),
    };
    let mut groups = Groups::default();
    let add = |hour: &str, series: &Series, sums: &Sums| groups.add(asked, hour, series, sums);
    source.each(&asked.span, add).await?;
    if matches!(asked.group_by, Some(By::User | By::Tag)) {
        each_label(ledger, account, &asked.span, |hour, sums| {
            groups.add_label(asked, hour, &sums);
        })
        .await?;
    }
    let before = asked.span.before();
    let mut previous = Sums::default();
    let source = Source {
        by_hour: false,
        ..source
    };
    let add = |_: &str, series: &Series, sums: &Sums| {
        if is_asked(asked, series) {
            previous += sums;
        }
    };
    source.each(&before, add).await?;
    Ok(groups.report(asked, &before, &previous, kept))
}

/// Calls `add` with the hour and the sums of each label's item of a span.
async fn each_label(
    ledger: &dyn Ledger,
    account: &str,
    span: &Span,
    mut add: impl FnMut(&str, Sums) + Send,
) -> Result<()> {
    let mut after = format!("{LABELS}{}", hour(span.start));
    let end = format!("{LABELS}{}", hour(span.end));
    loop {
        let page = ledger.query(account, LABELS, Some(&after), PAGE).await?;
        for (key, item) in &page {
            if *key >= end {
                return Ok(());
            }
            let odd = || Error::internal(format_args!("odd sums {key}"));
            let sums = Sums::read(item.counters().ok_or_else(odd)?);
            let hour = key[LABELS.len()..].split('/').next().unwrap_or_default();
            add(hour, sums);
        }
        match page.into_iter().next_back() {
            Some((last, _)) => after = last,
            None => return Ok(()),
        }
    }
}

fn is_asked(asked: &UsageAsked, series: &Series) -> bool {
    let is =
        |wanted: &Option<String>, found: &String| wanted.as_ref().is_none_or(|one| one == found);
    is(&asked.model, &series.model)
        && is(&asked.key, &series.key)
        && is(&asked.provider, &series.provider)
        && is(&asked.endpoint, &series.endpoint)
}

type Named = BTreeMap<String, Sums>;

/// The sums of a report, by all that it shows.
#[derive(Default)]
struct Groups {
    total: Sums,
    by_model: Named,
    by_key: Named,
    by_day: BTreeMap<String, (Sums, Named)>,
    groups: Named,
    intervals: BTreeMap<String, (Sums, Named)>,
}

impl Groups {
    /// Adds sums of an hour, or of a whole day where no hours are told one by one.
    fn add(&mut self, asked: &UsageAsked, hour: &str, series: &Series, sums: &Sums) {
        // An amendment may leave nothing.
        if !is_asked(asked, series) || sums.requests == 0 {
            return;
        }
        let group = match asked.group_by {
            Some(By::Model) => Some(&series.model),
            Some(By::Key) => Some(&series.key),
            Some(By::Provider) => Some(&series.provider),
            Some(By::Endpoint) => Some(&series.endpoint),
            Some(By::User | By::Tag) | None => None,
        };
        // A skill has no model, and what nobody answered no provider.
        let group = group.filter(|name| !name.is_empty());
        if let Some(interval) = asked.interval {
            let at = start_of(interval, hour).to_owned();
            let at = self.intervals.entry(at).or_default();
            at.0 += sums;
            if let Some(name) = group {
                *at.1.entry(name.clone()).or_default() += sums;
            }
        }
        if let Some(name) = group {
            *self.groups.entry(name.clone()).or_default() += sums;
        }
        let day = start_of(Interval::Day, hour).to_owned();
        let day = self.by_day.entry(day).or_default();
        day.0 += sums;
        if !series.model.is_empty() {
            *day.1.entry(series.model.clone()).or_default() += sums;
            *self.by_model.entry(series.model.clone()).or_default() += sums;
        }
        *self.by_key.entry(series.key.clone()).or_default() += sums;
        self.total += sums;
    }

    /// Adds an item of [`LABELS`]: a request counts under its user, or once under each of its tags.
    fn add_label(&mut self, asked: &UsageAsked, hour: &str, sums: &Sums) {
        let names = match asked.group_by {
            Some(By::User) => sums.user.as_slice(),
            _ => &sums.tags,
        };
        for name in names.iter().filter(|_| sums.requests > 0) {
            *self.groups.entry(name.clone()).or_default() += sums;
            if let Some(interval) = asked.interval {
                let at = start_of(interval, hour).to_owned();
                let at = self.intervals.entry(at).or_default();
                *at.1.entry(name.clone()).or_default() += sums;
            }
        }
    }

    fn report(
        self,
        asked: &UsageAsked,
        before: &Span,
        previous: &Sums,
        kept: Retention,
    ) -> UsageReport {
        let by = asked.group_by;
        let intervals = asked.interval.map(|_| {
            let each = self.intervals.into_iter();
            each.map(|(start, (sums, groups))| IntervalTotals {
                start: moment(&start),
                totals: group(None, String::new(), &sums),
                groups: by.map(|by| slices(by, groups)).unwrap_or_default(),
            })
            .collect()
        });
        let days = self.by_day.into_iter().map(|(date, (sums, models))| Day {
            date,
            totals: group(None, String::new(), &sums),
            by_model: slices(By::Model, models),
        });
        let span = &asked.span;
        UsageReport {
            period: span.period.clone(),
            totals: totals(span, &self.total),
            by_model: shown(By::Model, self.by_model),
            by_day: days.collect(),
            by_key: shown(By::Key, self.by_key),
            group_by: by,
            groups: by.map(|by| largest(by, self.groups)),
            interval: asked.interval,
            intervals,
            previous: totals(before, previous),
            kept: Kept {
                request_days: kept.request_days,
                sum_days: kept.sum_days,
            },
        }
    }
}

/// The interval that holds the hour `2026-02-28T12`.
fn start_of(interval: Interval, hour: &str) -> &str {
    match interval {
        Interval::Hour => hour,
        Interval::Day => hour.split('T').next().unwrap_or_default(),
    }
}

/// The moment of an hour `2026-02-28T12` or a day `2026-02-28`.
fn moment(text: &str) -> Timestamp {
    let rest = if text.contains('T') {
        ":00:00Z"
    } else {
        "T00:00:00Z"
    };
    format!("{text}{rest}").parse().unwrap_or_default()
}

fn totals(span: &Span, sums: &Sums) -> PeriodTotals {
    PeriodTotals {
        start: span.start,
        end: span.end,
        total_requests: sums.requests,
        total_tokens: sums.tokens(),
        cost: sums.cost,
        detail: sums.detail(),
    }
}

fn group(by: Option<By>, name: String, sums: &Sums) -> Group {
    Group {
        name: by.map(|by| by.named(name)).unwrap_or_default(),
        requests: sums.requests,
        tokens: sums.tokens(),
        cost: sums.cost,
        detail: sums.detail(),
    }
}

fn shown(by: By, groups: Named) -> Vec<Group> {
    let groups = groups.into_iter();
    groups
        .map(|(name, sums)| group(Some(by), name, &sums))
        .collect()
}

/// What callers name may be as many as their requests.
fn largest(by: By, groups: Named) -> Vec<Group> {
    let mut order = Vec::from_iter(groups);
    if order.len() > MAX_GROUPS {
        order.sort_by_key(|(_, sums)| Reverse((sums.cost, sums.requests)));
        order.truncate(MAX_GROUPS);
    }
    shown(by, order.into_iter().collect())
}

fn slices(by: By, groups: Named) -> Vec<Slice> {
    let groups = groups.into_iter().take(MAX_GROUPS);
    let slice = |(name, sums): (String, Sums)| Slice {
        name: by.named(name),
        requests: sums.requests,
        tokens: sums.tokens(),
        cost: sums.cost,
        errors: sums.errors(),
    };
    groups.map(slice).collect()
}
