//! The usage report: the hours of a span, summed.

use crate::{
    Retention,
    counts::{Brief, Counted, Field, Plain, Sums},
    rollups::{BY_LABEL, SERIES, Source, moment},
    sums::Series,
};
use openclaw_core::{Ledger, Result};
use openclaw_schema::usage::{
    By, Day, Group, Interval, IntervalTotals, Kept, PeriodTotals, Slice, Span, UsageAsked,
    UsageReport,
};
use std::{cmp::Reverse, collections::BTreeMap};

/// Groups that are shown, at most: those that cost most, then those with most requests.
const MAX_GROUPS: usize = 1000;

/// Sums an account's usage over what was asked for: the totals equal the sum over its requests exactly.
pub async fn report(
    ledger: &dyn Ledger,
    account: &str,
    asked: &UsageAsked,
    kept: Retention,
) -> Result<UsageReport> {
    let source = Source::open(ledger, account).await?;
    let by_hour = asked.interval == Some(Interval::Hour);
    let mut groups = Groups::default();
    let mut add = |when: &str, name: &str, counted: &Counted<'_>| {
        if let Some(series) = Series::read(name) {
            groups.add(asked, when, &series, counted);
        }
    };
    source.each(&SERIES, &asked.span, by_hour, &mut add).await?;
    if matches!(asked.group_by, Some(By::User | By::Tag)) {
        let mut add = |when: &str, _: &str, counted: &Counted<'_>| {
            groups.add_label(asked, when, counted);
        };
        source
            .each(&BY_LABEL, &asked.span, by_hour, &mut add)
            .await?;
    }
    let before = asked.span.before();
    let mut previous = Sums::default();
    let mut add = |_: &str, name: &str, counted: &Counted<'_>| {
        if Series::read(name).is_some_and(|series| is_asked(asked, &series)) {
            previous.add(counted);
        }
    };
    source.each(&SERIES, &before, false, &mut add).await?;
    Ok(groups.report(asked, &before, &previous, kept))
}

fn is_asked(asked: &UsageAsked, series: &Series<'_>) -> bool {
    let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|one| one == found);
    is(&asked.model, series.model)
        && is(&asked.key, series.key)
        && is(&asked.provider, &series.provider)
        && is(&asked.endpoint, series.endpoint)
}

type Named = BTreeMap<String, Sums>;
type Slices = BTreeMap<String, Brief>;

/// The sums of a report, by all that it shows.
#[derive(Default)]
struct Groups {
    total: Sums,
    by_model: Named,
    by_key: Named,
    by_day: BTreeMap<String, (Sums, Slices)>,
    groups: Named,
    intervals: BTreeMap<String, (Sums, Slices)>,
}

/// What `name` has in `map`.
fn entry<'a, T: Default>(map: &'a mut BTreeMap<String, T>, name: &str) -> &'a mut T {
    map.entry(name.to_owned()).or_default()
}

impl Groups {
    /// Adds sums of an hour, or of a whole day where no hours are told one by one.
    fn add(&mut self, asked: &UsageAsked, when: &str, series: &Series<'_>, counted: &Counted<'_>) {
        let brief = Brief::of(counted);
        // An amendment may leave nothing.
        if !is_asked(asked, series) || brief.requests == 0 {
            return;
        }
        let group = match asked.group_by {
            Some(By::Model) => Some(series.model),
            Some(By::Key) => Some(series.key),
            Some(By::Provider) => Some(&*series.provider),
            Some(By::Endpoint) => Some(series.endpoint),
            Some(By::User | By::Tag) | None => None,
        };
        // A skill has no model, and what nobody answered no provider.
        let group = group.filter(|name| !name.is_empty());
        if let Some(interval) = asked.interval {
            let at = entry(&mut self.intervals, start_of(interval, when));
            at.0.add(counted);
            if let Some(name) = group {
                *entry(&mut at.1, name) += brief;
            }
        }
        if let Some(name) = group {
            entry(&mut self.groups, name).add(counted);
        }
        let day = entry(&mut self.by_day, start_of(Interval::Day, when));
        day.0.add(counted);
        if !series.model.is_empty() {
            *entry(&mut day.1, series.model) += brief;
            entry(&mut self.by_model, series.model).add(counted);
        }
        entry(&mut self.by_key, series.key).add(counted);
        self.total.add(counted);
    }

    /// Adds sums of a label: a request counts under its user, or once under each of its tags.
    fn add_label(&mut self, asked: &UsageAsked, when: &str, counted: &Counted<'_>) {
        let brief = Brief::of(counted);
        if brief.requests == 0 {
            return;
        }
        for (field, _) in counted {
            let name = match (field, asked.group_by) {
                (Field::User(name), Some(By::User)) | (Field::Tag(name), Some(By::Tag)) => name,
                _ => continue,
            };
            entry(&mut self.groups, name).add(counted);
            if let Some(interval) = asked.interval {
                let at = entry(&mut self.intervals, start_of(interval, when));
                *entry(&mut at.1, name) += brief;
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

fn totals(span: &Span, sums: &Sums) -> PeriodTotals {
    PeriodTotals {
        start: span.start,
        end: span.end,
        total_requests: sums.count(Plain::Requests),
        total_tokens: sums.tokens(),
        cost: sums.cost(),
        detail: sums.detail(),
    }
}

fn group(by: Option<By>, name: String, sums: &Sums) -> Group {
    Group {
        name: by.map(|by| by.named(name)).unwrap_or_default(),
        requests: sums.count(Plain::Requests),
        tokens: sums.tokens(),
        cost: sums.cost(),
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
        order.sort_by_key(|(_, sums)| Reverse((sums.cost(), sums.count(Plain::Requests))));
        order.truncate(MAX_GROUPS);
    }
    shown(by, order.into_iter().collect())
}

fn slices(by: By, groups: Slices) -> Vec<Slice> {
    let groups = groups.into_iter().take(MAX_GROUPS);
    let slice = |(name, brief): (String, Brief)| Slice {
        name: by.named(name),
        requests: brief.requests,
        tokens: brief.tokens,
        cost: brief.cost(),
        errors: brief.errors,
    };
    groups.map(slice).collect()
}
