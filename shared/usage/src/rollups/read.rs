//! Reading sums of a span, each from where it takes least.

use super::{Kind, SERIES, STALE, Unit, document, moment, rolled_up};
use crate::{
    counts::{Counted, Field},
    sums::hour_and_name,
};
use openclaw_core::{
    Error, Ledger, Result, Timestamp,
    documents::document as document_of,
    ledger::{Counters, Pages},
    time::{self, DAY},
};
use openclaw_schema::usage::Span;

/// Items that are read at a time.
const ITEMS: usize = 1000;

/// Documents that are read at a time: each may be large.
const DOCUMENTS: usize = 100;

/// Where sums are read.
pub(crate) struct Source<'a> {
    ledger: &'a dyn Ledger,
    account: &'a str,
    /// Before it there are documents.
    rolled_up: Timestamp,
}

impl<'a> Source<'a> {
    /// The sums of `account` as they stand.
    pub(crate) async fn open(ledger: &'a dyn Ledger, account: &'a str) -> Result<Self> {
        let rolled_up = rolled_up(ledger, account).await?;
        Ok(Self {
            ledger,
            account,
            rolled_up: rolled_up.map_or(Timestamp::MIN, |stored| stored.value.until),
        })
    }

    /// The same of hours before `until`, whatever is noted.
    pub(super) const fn until(ledger: &'a dyn Ledger, account: &'a str, until: Timestamp) -> Self {
        Self {
            ledger,
            account,
            rolled_up: until,
        }
    }

    /// Calls `add` with the sums by series of the span: when, whose, and the counters. When is an hour
    /// `2026-02-28T12`, or, unless hours are wanted one by one, perhaps a whole day `2026-02-28`.
    pub(crate) async fn each(
        &self,
        kind: &Kind,
        span: &Span,
        by_hour: bool,
        add: &mut (impl FnMut(&str, &str, &Counted<'_>) + Send),
    ) -> Result<()> {
        let (first, end) = match by_hour {
            true => (span.end, span.end),
            false => self.whole_days(span),
        };
        if first >= end {
            return self.each_hour(kind, span.start, span.end, add).await;
        }
        self.each_hour(kind, span.start, first, add).await?;
        self.each_document(kind, Unit::Day, first, end, add).await?;
        self.each_hour(kind, end, span.end, add).await
    }

    /// The days with documents that the span covers whole.
    fn whole_days(&self, span: &Span) -> (Timestamp, Timestamp) {
        let start = time::floor(span.start, DAY);
        let first = match start == span.start {
            true => start,
            false => time::shift(start, DAY),
        };
        let end = time::floor(span.end.min(self.rolled_up), DAY);
        (first, end)
    }

    pub(super) async fn each_hour(
        &self,
        kind: &Kind,
        start: Timestamp,
        end: Timestamp,
        add: &mut (impl FnMut(&str, &str, &Counted<'_>) + Send),
    ) -> Result<()> {
        let rolled_up = self.rolled_up.clamp(start, end);
        self.each_document(kind, Unit::Hour, start, rolled_up, add)
            .await?;
        self.each_item(kind, rolled_up, end, add).await
    }

    async fn each_document(
        &self,
        kind: &Kind,
        unit: Unit,
        start: Timestamp,
        end: Timestamp,
        add: &mut (impl FnMut(&str, &str, &Counted<'_>) + Send),
    ) -> Result<()> {
        let mut stale = vec![];
        self.each_part(kind, unit, (start, end), &mut stale, &mut |when, bytes| {
            document::each(bytes, |name, counted| add(when, name, counted))
        })
        .await?;
        for when in stale {
            let start = moment(&when);
            let end = time::shift(start, unit.seconds());
            self.each_item(kind, start, end, add).await?;
        }
        Ok(())
    }

    /// Calls `look` with the parts of the documents of spans that are not stale, in order.
    pub(super) async fn each_part(
        &self,
        kind: &Kind,
        unit: Unit,
        (start, end): (Timestamp, Timestamp),
        stale: &mut Vec<String>,
        look: &mut (impl FnMut(&str, &[u8]) -> Result<()> + Send),
    ) -> Result<()> {
        if start >= end {
            return Ok(());
        }
        let prefix = unit.prefix(kind);
        // Sorts before all parts of the first.
        let after = format!("{prefix}{}", unit.name(start));
        let end = format!("{prefix}{}", unit.name(end));
        let mut pages = Pages::new(self.ledger, self.account, prefix, Some(after), DOCUMENTS);
        while let Some(page) = pages.next().await? {
            for (key, item) in &page {
                if *key >= end {
                    return Ok(());
                }
                let odd = || Error::internal(format_args!("odd sums {key}"));
                let (when, part) = key[prefix.len()..].split_once('/').ok_or_else(odd)?;
                if part == STALE {
                    stale.push(when.to_owned());
                } else if stale.last().is_none_or(|stale| stale != when) {
                    look(when, document_of(item)?)?;
                }
            }
        }
        Ok(())
    }

    async fn each_item(
        &self,
        kind: &Kind,
        start: Timestamp,
        end: Timestamp,
        add: &mut (impl FnMut(&str, &str, &Counted<'_>) + Send),
    ) -> Result<()> {
        let mut look = |hour: &str, name: &str, counters: &Counters| {
            let fields = Vec::from_iter(counters.keys().map(|name| Field::named(name)));
            let counts = counters.values().map(|count| u64::try_from(*count).ok());
            let each = fields.iter().zip(counts);
            let counted =
                each.filter_map(|(field, count)| Some((field, count.filter(|n| *n > 0)?)));
            add(hour, name, &Vec::from_iter(counted));
        };
        self.each_counters(kind, start, end, &mut look).await
    }

    /// Calls `look` with the items of a span: the hour, the name, the counters; in order of each prefix.
    pub(super) async fn each_counters(
        &self,
        kind: &Kind,
        start: Timestamp,
        end: Timestamp,
        look: &mut (impl FnMut(&str, &str, &Counters) + Send),
    ) -> Result<()> {
        if start >= end {
            return Ok(());
        }
        for prefix in kind.items {
            // The last key before the first hour; hours sort as text.
            let after = format!("{prefix}{}", time::hour(start));
            let end = format!("{prefix}{}", time::hour(end));
            let mut pages = Pages::new(self.ledger, self.account, prefix, Some(after), ITEMS);
            'pages: while let Some(page) = pages.next().await? {
                for (key, item) in &page {
                    if *key >= end {
                        break 'pages;
                    }
                    let odd = || Error::internal(format_args!("odd sums {key}"));
                    let (hour, name) = hour_and_name(prefix, key).ok_or_else(odd)?;
                    look(hour, &name, item.counters().ok_or_else(odd)?);
                }
            }
        }
        Ok(())
    }

    /// The first hour from `start` on that has an item of any kind.
    pub(super) async fn first_hour(&self, start: Timestamp) -> Result<Option<Timestamp>> {
        let mut first = None::<Timestamp>;
        for prefix in SERIES.items {
            let after = format!("{prefix}{}", time::hour(start));
            let found = self
                .ledger
                .query(self.account, prefix, Some(&after), 1)
                .await?;
            if let Some((key, _)) = found.first()
                && let Some((hour, _)) = hour_and_name(prefix, key)
            {
                let hour = moment(hour);
                first = Some(first.map_or(hour, |first| first.min(hour)));
            }
        }
        Ok(first)
    }
}
