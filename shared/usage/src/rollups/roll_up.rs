//! Adding up the hours that have ended, and the days.

use super::{
    BY_LABEL, Kind, ROLLED_UP, RolledUp, SERIES, SETTLED, STALE, Source, Unit,
    document::{Entries, add_item, add_to, encode},
    moment, rolled_up, stale_key,
};
use crate::Retention;
use openclaw_core::{
    Ledger, Result, Timestamp,
    documents::{self, Stored},
    ledger::{Counters, Step, When},
    time::{self, DAY, HOUR},
};
use std::collections::BTreeMap;

/// Documents that one transaction writes: 4 MB is what DynamoDB takes.
const TOGETHER: usize = 12;

/// How far [`roll_up`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rolled {
    /// Whether everything that has ended is added up.
    pub(crate) is_done: bool,
    /// Series that were added up.
    pub(crate) series: usize,
}

/// Adds up an account's sums of the hours that have ended, at most `days` days in one call.
pub(crate) async fn roll_up(
    ledger: &dyn Ledger,
    account: &str,
    now: Timestamp,
    kept: Retention,
    days: usize,
) -> Result<Rolled> {
    let target = time::floor(time::shift(now, -SETTLED), HOUR);
    let mut series = 0;
    for _ in 0..days {
        let state = rolled_up(ledger, account).await?;
        let Some(start) = start(ledger, account, state.as_ref(), target).await? else {
            let is_done = true;
            return Ok(Rolled { is_done, series });
        };
        let end = target.min(time::shift(time::floor(start, DAY), DAY));
        let job = RollUp {
            ledger,
            account,
            kept,
        };
        for kind in [&SERIES, &BY_LABEL] {
            series += job.hours(kind, start, end).await?;
            if end == time::floor(end, DAY) {
                job.day(kind, time::shift(end, -DAY)).await?;
            }
        }
        job.note(end, state).await?;
    }
    let is_done = false;
    Ok(Rolled { is_done, series })
}

/// Where to go on; `None` where nothing is left to add up before `target`.
async fn start(
    ledger: &dyn Ledger,
    account: &str,
    state: Option<&Stored<RolledUp>>,
    target: Timestamp,
) -> Result<Option<Timestamp>> {
    let from = state.map_or(time::from_second(0), |state| state.value.until);
    if from >= target {
        return Ok(None);
    }
    // A day that was begun is ended, whatever is in the rest of it.
    if from != time::floor(from, DAY) {
        return Ok(Some(from));
    }
    let source = Source::until(ledger, account, from);
    let first = source.first_hour(from).await?;
    let first = first.filter(|first| *first < target);
    Ok(first.map(|first| time::floor(first, DAY)))
}

struct RollUp<'a> {
    ledger: &'a dyn Ledger,
    account: &'a str,
    kept: Retention,
}

impl RollUp<'_> {
    /// Writes the documents of the hours of a span within one day; how many series they have.
    async fn hours(&self, kind: &Kind, start: Timestamp, end: Timestamp) -> Result<usize> {
        self.unmark(kind, Unit::Hour, start, end).await?;
        let source = Source::until(self.ledger, self.account, start);
        let mut hours = BTreeMap::<String, Entries>::new();
        let mut look = |hour: &str, name: &str, counters: &Counters| {
            add_item(hours.entry(hour.to_owned()).or_default(), name, counters);
        };
        source.each_counters(kind, start, end, &mut look).await?;
        let (mut series, mut steps) = (0, vec![]);
        for (hour, entries) in &hours {
            series += entries.len();
            steps.extend(self.documents(kind, Unit::Hour, moment(hour), entries)?);
        }
        self.write(&steps).await?;
        Ok(series)
    }

    /// Writes the documents of a day from those of its hours.
    async fn day(&self, kind: &Kind, start: Timestamp) -> Result<()> {
        let end = time::shift(start, DAY);
        self.unmark(kind, Unit::Day, start, end).await?;
        let source = Source::until(self.ledger, self.account, end);
        let (mut day, mut stale) = (Entries::new(), vec![]);
        let mut look = |_: &str, bytes: &[u8]| add_to(&mut day, bytes);
        source
            .each_part(kind, Unit::Hour, (start, end), &mut stale, &mut look)
            .await?;
        for hour in stale {
            let start = moment(&hour);
            let mut look =
                |_: &str, name: &str, counters: &Counters| add_item(&mut day, name, counters);
            let end = time::shift(start, HOUR);
            source.each_counters(kind, start, end, &mut look).await?;
        }
        self.write(&self.documents(kind, Unit::Day, start, &day)?)
            .await
    }

    /// Removes marks of what is about to be read anew. One that comes after this stays.
    async fn unmark(
        &self,
        kind: &Kind,
        unit: Unit,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<()> {
        let mut at = start;
        while at < end {
            let key = stale_key(kind, unit, at);
            debug_assert!(key.ends_with(STALE));
            if self.ledger.get(self.account, &key).await?.is_some() {
                let when = When::Always;
                let step = Step::Delete { key, when };
                documents::apply(self.ledger, self.account, vec![step]).await?;
            }
            at = time::shift(at, unit.seconds());
        }
        Ok(())
    }

    /// The steps that store what a span comes to.
    fn documents(
        &self,
        kind: &Kind,
        unit: Unit,
        start: Timestamp,
        entries: &Entries,
    ) -> Result<Vec<Step>> {
        let expires = Some(kind.expires(start, self.kept));
        let (prefix, name) = (unit.prefix(kind), unit.name(start));
        let parts = encode(entries)?.into_iter().enumerate();
        let steps = parts.map(|(part, document)| Step::Put {
            key: format!("{prefix}{name}/{part:04}"),
            document: document.into(),
            when: When::Always,
            expires,
        });
        Ok(steps.collect())
    }

    async fn write(&self, steps: &[Step]) -> Result<()> {
        for steps in steps.chunks(TOGETHER) {
            documents::apply(self.ledger, self.account, steps.to_vec()).await?;
        }
        Ok(())
    }

    /// Notes how far it came. Where someone else has noted something meanwhile, that stays: it wrote the
    /// same.
    async fn note(&self, until: Timestamp, state: Option<Stored<RolledUp>>) -> Result<()> {
        let when = state.map_or(When::Absent, |state| state.unchanged());
        let step = documents::put(ROLLED_UP.to_owned(), &RolledUp { until }, when)?;
        documents::apply(self.ledger, self.account, vec![step]).await?;
        Ok(())
    }
}
