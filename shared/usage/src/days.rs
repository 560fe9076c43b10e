//! Sums of whole days: what a report made of a day's hours, kept for the next one.
//!
//! A day is added up by the first report that needs it and stored as one document, once nothing can be
//! expected to change in it. A request that is settled so late that it does removes the document.

use crate::{
    Retention,
    sums::{OLD_SUMS, SUMS, Series, Sums},
};
use openclaw_core::{
    Error, Ledger, Result, Timestamp,
    documents::{apply, decode, document, put_until},
    ledger::{Counters, When},
    time::{self, DAY, HOUR},
};
use openclaw_schema::usage::Span;
use std::collections::BTreeMap;

/// The prefix of days: `day/<date>`.
pub(crate) const DAYS: &str = "day/";

const PAGE: usize = 1000;

/// How long after its end a day is taken for finished, in seconds. A request that takes longer than
/// [`LATE`] removes its day.
const FINISHED: i64 = 26 * HOUR;

/// How long a request may take that needs to remove nothing, in seconds.
pub(crate) const LATE: i64 = 24 * HOUR;

/// The longest document; a day with more combinations of key and model than that is read by its hours.
const MAX_BYTES: usize = 250_000;

/// Days that one report stores, at most.
const MAX_STORED: usize = 40;

/// A day's sums of one series, as they are stored.
type Stored = (Series, Counters);

/// Where sums are read.
pub(crate) struct Source<'a> {
    pub(crate) ledger: &'a dyn Ledger,
    pub(crate) account: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) kept: Retention,
    /// Whether hours are told one by one.
    pub(crate) by_hour: bool,
}

impl Source<'_> {
    /// Calls `add` with sums of the span: of an hour `2026-02-28T12`, or of a whole day `2026-02-28`.
    pub(crate) async fn each(
        &self,
        span: &Span,
        mut add: impl FnMut(&str, &Series, &Sums) + Send,
    ) -> Result<()> {
        let (first, end) = self.whole_days(span);
        if first >= end {
            return self.each_hour(span.start, span.end, &mut add).await;
        }
        self.each_hour(span.start, first, &mut add).await?;
        self.each_day(first, end, &mut add).await?;
        self.each_hour(end, span.end, &mut add).await
    }

    /// The finished days that the span covers whole.
    fn whole_days(&self, span: &Span) -> (Timestamp, Timestamp) {
        if self.by_hour {
            return (span.end, span.end);
        }
        let start = time::floor(span.start, DAY);
        let first = match start == span.start {
            true => start,
            false => time::shift(start, DAY),
        };
        let finished = time::floor(time::shift(self.now, -FINISHED), DAY);
        (first, finished.min(time::floor(span.end, DAY)))
    }

    async fn each_hour(
        &self,
        start: Timestamp,
        end: Timestamp,
        add: &mut (impl FnMut(&str, &Series, &Sums) + Send),
    ) -> Result<()> {
        self.each_item(start, end, |hour, series, counters| {
            add(hour, &series, &Sums::read(counters));
        })
        .await
    }

    async fn each_day(
        &self,
        first: Timestamp,
        end: Timestamp,
        add: &mut (impl FnMut(&str, &Series, &Sums) + Send),
    ) -> Result<()> {
        let mut known = self.stored(first, end).await?;
        let mut stored = 0;
        let mut day = first;
        while day < end {
            if let Some(sums) = known.remove(&time::day(day)) {
                tell(&time::day(day), &sums, add);
                day = time::shift(day, DAY);
                continue;
            }
            // Days in a row that nobody has added up are read at once.
            let mut next = day;
            while next < end && !known.contains_key(&time::day(next)) {
                next = time::shift(next, DAY);
            }
            for (date, sums) in self.add_up(day, next).await? {
                tell(&date, &sums, add);
                if stored < MAX_STORED && self.store(&date, &sums).await? {
                    stored += 1;
                }
            }
            day = next;
        }
        Ok(())
    }

    /// The days that have been added up, by date.
    async fn stored(
        &self,
        first: Timestamp,
        end: Timestamp,
    ) -> Result<BTreeMap<String, Vec<Stored>>> {
        let mut found = BTreeMap::new();
        let end = format!("{DAYS}{}", time::day(end));
        // The first day itself sorts after this.
        let mut after = format!("{DAYS}{}", time::day(time::shift(first, -DAY)));
        loop {
            let page = self
                .ledger
                .query(self.account, DAYS, Some(&after), PAGE)
                .await?;
            for (key, item) in &page {
                if *key >= end {
                    return Ok(found);
                }
                found.insert(key[DAYS.len()..].to_owned(), decode(document(item)?)?);
            }
            match page.into_iter().next_back() {
                Some((last, _)) => after = last,
                None => return Ok(found),
            }
        }
    }

    /// The sums of the days that had requests, by date.
    async fn add_up(
        &self,
        first: Timestamp,
        end: Timestamp,
    ) -> Result<BTreeMap<String, Vec<Stored>>> {
        let mut days = BTreeMap::<String, BTreeMap<Series, Counters>>::new();
        self.each_item(first, end, |hour, series, counters| {
            let date = hour.split('T').next().unwrap_or_default();
            let day = days.entry(date.to_owned()).or_default();
            let sums = day.entry(series).or_default();
            for (field, count) in counters {
                *sums.entry(field.clone()).or_default() += count;
            }
        })
        .await?;
        let each = days.into_iter();
        Ok(each
            .map(|(date, sums)| (date, sums.into_iter().collect()))
            .collect())
    }

    /// Keeps a day's sums for the next report; whether they are not too many.
    async fn store(&self, date: &str, sums: &[Stored]) -> Result<bool> {
        let start = format!("{date}T00:00:00Z").parse::<Timestamp>();
        let start = start.map_err(Error::internal)?;
        let expires = time::shift(start, (self.kept.sum_days + 1) * DAY);
        let key = format!("{DAYS}{date}");
        let step = put_until(key, &sums, When::Always, Some(expires))?;
        if let openclaw_core::ledger::Step::Put { document, .. } = &step
            && document.len() > MAX_BYTES
        {
            return Ok(false);
        }
        apply(self.ledger, self.account, vec![step]).await
    }

    /// Calls `add` for the hours' items of a span, in order of each prefix.
    async fn each_item(
        &self,
        start: Timestamp,
        end: Timestamp,
        mut add: impl FnMut(&str, Series, &Counters) + Send,
    ) -> Result<()> {
        if start >= end {
            return Ok(());
        }
        for prefix in [SUMS, OLD_SUMS] {
            // The last key before the first hour; hours sort as text.
            let mut after = format!("{prefix}{}", time::hour(start));
            let end = format!("{prefix}{}", time::hour(end));
            'pages: loop {
                let page = self
                    .ledger
                    .query(self.account, prefix, Some(&after), PAGE)
                    .await?;
                for (key, item) in &page {
                    if *key >= end {
                        break 'pages;
                    }
                    let odd = || Error::internal(format_args!("odd sums {key}"));
                    let (hour, series) = Series::of_item(key).ok_or_else(odd)?;
                    add(hour, series, item.counters().ok_or_else(odd)?);
                }
                match page.into_iter().next_back() {
                    Some((last, _)) => after = last,
                    None => break,
                }
            }
        }
        Ok(())
    }
}

fn tell(date: &str, sums: &[Stored], add: &mut impl FnMut(&str, &Series, &Sums)) {
    for (series, counters) in sums {
        add(date, series, &Sums::read(counters));
    }
}
