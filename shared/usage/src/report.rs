//! The usage report: the hours of a span, summed.

use crate::row::{HOURS, Sums};
use openclaw_core::{Error, Ledger, Result, time::hour};
use openclaw_schema::usage::{Group, Span, UsageReport};
use std::collections::BTreeMap;

const PAGE: usize = 1000;

/// Sums an account's usage over `span`: the totals equal the sum over its requests exactly.
pub async fn report(ledger: &dyn Ledger, account: &str, span: Span) -> Result<UsageReport> {
    let mut groups = Groups::default();
    // The last key before the first hour; hours sort as text.
    let mut after = format!("{HOURS}{}", hour(span.start));
    let end = format!("{HOURS}{}", hour(span.end));
    'pages: loop {
        let page = ledger.query(account, HOURS, Some(&after), PAGE).await?;
        for (key, item) in &page {
            if *key >= end {
                break 'pages;
            }
            let counters = item.counters().ok_or_else(|| Error::internal("no sums"))?;
            groups.add(key, Sums::read(counters))?;
        }
        match page.into_iter().next_back() {
            Some((last, _)) => after = last,
            None => break,
        }
    }
    Ok(groups.report(span))
}

#[derive(Default)]
struct Groups {
    total: Sums,
    by_model: BTreeMap<String, Sums>,
    by_day: BTreeMap<String, Sums>,
    by_key: BTreeMap<String, Sums>,
}

impl Groups {
    /// Adds the sums of one `hour/<hour>/<key>/<model>`; a model's id may have slashes.
    fn add(&mut self, item: &str, sums: Sums) -> Result<()> {
        let mut parts = item[HOURS.len()..].splitn(3, '/');
        let (Some(hour), Some(key), Some(model)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Error::internal(format_args!("odd key {item}")));
        };
        let day = hour.split('T').next().unwrap_or_default();
        self.total += sums;
        // A skill has none.
        if !model.is_empty() {
            *self.by_model.entry(model.into()).or_default() += sums;
        }
        *self.by_day.entry(day.into()).or_default() += sums;
        *self.by_key.entry(key.into()).or_default() += sums;
        Ok(())
    }

    fn report(self, span: Span) -> UsageReport {
        let list = |groups: BTreeMap<String, Sums>, name: fn(&mut Group, String)| {
            let shown = groups.into_iter().map(|(id, sums)| {
                let mut group = group(&sums);
                name(&mut group, id);
                group
            });
            shown.collect()
        };
        UsageReport {
            period: span.period,
            start: span.start,
            end: span.end,
            total_requests: self.total.requests,
            total_tokens: self.total.tokens(),
            cost: self.total.cost,
            detail: self.total.detail,
            by_model: list(self.by_model, |group, id| group.model = Some(id)),
            by_day: list(self.by_day, |group, id| group.date = Some(id)),
            by_key: list(self.by_key, |group, id| group.key = Some(id)),
        }
    }
}

fn group(sums: &Sums) -> Group {
    Group {
        model: None,
        date: None,
        key: None,
        requests: sums.requests,
        tokens: sums.tokens(),
        cost: sums.cost,
        detail: sums.detail,
    }
}
