//! A run's log in the ledger: documents of entries, each under the number of its first. A document is put
//! only where there is none, so of two writers one comes first and the other reads what is there.

use crate::{
    event::{Entry, Event},
    record::{LOG, RunRecord},
    state::State,
};
use openclaw_core::{
    Ledger, Result, Timestamp,
    documents::{decode, document, put_until},
    ledger::{Pages, Step, When},
};

/// Bytes of a document's entries: a store takes 300 KiB.
const MAX_DOCUMENT: usize = 280 * 1024;

/// Documents that are read at a time.
const PAGE: usize = 50;

/// The key of the document whose first entry has that number.
pub(crate) fn key(run: &str, number: u64) -> String {
    format!("{LOG}{run}/{number:08}")
}

/// The entries from that number on, each with its number.
pub(crate) async fn read(
    ledger: &dyn Ledger,
    account: &str,
    run: &str,
    from: u64,
) -> Result<Vec<(u64, Entry)>> {
    let prefix = format!("{LOG}{run}/");
    let mut entries = vec![];
    // The document that holds it may begin earlier; only those who follow a log ask for a part of it, and
    // they ask for what begins a document. Whoever else does gets what comes after it.
    let after = from.checked_sub(1).map(|number| key(run, number));
    let mut pages = Pages::new(ledger, account, &prefix, after, PAGE);
    while let Some(page) = pages.next().await? {
        for (key, item) in &page {
            let first = key
                .rsplit('/')
                .next()
                .and_then(|number| number.parse().ok());
            let first: u64 = first.unwrap_or_default();
            let some: Vec<Entry> = decode(document(item)?)?;
            entries.extend((first..).zip(some));
        }
    }
    Ok(entries)
}

/// How the run stands.
pub(crate) async fn state(ledger: &dyn Ledger, account: &str, run: &str) -> Result<State> {
    let entries = read(ledger, account, run, 0).await?;
    Ok(State::of(entries.into_iter().map(|(_, entry)| entry)))
}

/// The steps that write `events` from the number `next` on; refused where somebody has written there.
pub(crate) fn append(
    run: &RunRecord,
    next: u64,
    events: &[Event],
    now: Timestamp,
) -> Result<Vec<Step>> {
    let (mut steps, mut held, mut bytes, mut first) = (vec![], vec![], 0, next);
    for (number, event) in (next..).zip(events) {
        let entry = Entry {
            at: now,
            event: event.clone(),
        };
        let size = serde_json::to_string(&entry).map_or(0, |text| text.len());
        if bytes + size > MAX_DOCUMENT && !held.is_empty() {
            steps.push(put(run, first, &held)?);
            (held, bytes, first) = (vec![], 0, number);
        }
        bytes += size;
        held.push(entry);
    }
    if !held.is_empty() {
        steps.push(put(run, first, &held)?);
    }
    Ok(steps)
}

fn put(run: &RunRecord, first: u64, entries: &[Entry]) -> Result<Step> {
    let expires = Some(run.log_expires());
    put_until(key(&run.id, first), &entries, When::Absent, expires)
}
