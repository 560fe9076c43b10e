//! The requests of each tag, and how they ended.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many requests of one tag are kept whole; all are counted.
const KEPT: usize = 64;

/// `GET /control/{tag}`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Report {
    /// Requests that came.
    pub requests: usize,
    /// Those that were answered to the end.
    pub finished: usize,
    /// Those whose client went away before the end.
    pub cancelled: usize,
    /// The first 64 of them.
    pub seen: Vec<Seen>,
}

/// One request as it came.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Seen {
    /// The path, and the query if there was one.
    pub path: String,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The parsed body.
    pub body: Value,
}

/// Every tag's record.
#[derive(Clone, Default)]
pub(super) struct Records(Arc<Mutex<HashMap<String, Report>>>);

impl Records {
    /// Notes a request; its place in the tag's order, from 0, and what notes its end.
    pub(super) fn begin(&self, tag: &str, seen: Seen) -> (usize, Ending) {
        let mut tags = self.lock();
        let report = tags.entry(tag.into()).or_default();
        let place = report.requests;
        report.requests += 1;
        if report.seen.len() < KEPT {
            report.seen.push(seen);
        }
        let ending = Ending {
            records: self.clone(),
            tag: tag.into(),
            finished: false,
        };
        (place, ending)
    }

    /// A report on a tag; an empty one if the tag never came.
    pub(super) fn report(&self, tag: &str) -> Report {
        self.lock().get(tag).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Report>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held while a request is answered: dropped before [`Ending::finish`], its client went away.
pub(super) struct Ending {
    records: Records,
    tag: String,
    finished: bool,
}

impl Ending {
    /// All there was to say has been said.
    pub(super) fn finish(&mut self) {
        self.finished = true;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut tags = self.records.lock();
        let report = tags.entry(std::mem::take(&mut self.tag)).or_default();
        if self.finished {
            report.finished += 1;
        } else {
            report.cancelled += 1;
        }
    }
}
