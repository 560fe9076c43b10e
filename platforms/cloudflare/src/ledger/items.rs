//! One account's items: what is asked of them is worked out in memory, and what comes of it is
//! written in as few statements as there are kinds of it.

use super::wire::{Answer, Page, Range, Transaction};
use bytes::Bytes;
use openclaw_core::{
    StoreError,
    ledger::{Evaluation, Item, Value, evaluate},
};
use std::collections::{BTreeMap, HashMap};

/// Bounds of the cache: whichever is passed first empties it. Many accounts' objects may share
/// the 128 MB of an isolate.
const MAX_ENTRIES: usize = 512;
const MAX_BYTES: usize = 256 << 10;

/// Bytes after which an answer to a query ends: what goes between Workers is bounded.
const MAX_PAGE: usize = 4 << 20;

/// Where the items are.
pub(super) trait Rows {
    /// The item under `key`, expired or not.
    fn find(&self, key: &str) -> Result<Option<Item>, StoreError>;

    /// Items behind `after`, or from `first` on, in key order, expired or not.
    fn from(
        &self,
        first: &str,
        after: Option<&str>,
    ) -> Result<impl Iterator<Item = Result<(String, Item), StoreError>>, StoreError>;

    /// Writes all of `changes`; after an error it is not known how many.
    fn write(&self, changes: &Changes) -> Result<(), StoreError>;
}

/// What is to be under each key.
pub(super) type Changes = BTreeMap<String, Option<Item>>;

/// The items and what of them is known without looking.
pub(super) struct Items<R> {
    rows: R,
    cache: Cache,
}

impl<R: Rows> Items<R> {
    pub(super) fn new(rows: R) -> Self {
        Self {
            rows,
            cache: Cache::default(),
        }
    }

    pub(super) const fn rows(&self) -> &R {
        &self.rows
    }

    /// Applies the transactions in order, each on what those before it left. After an error
    /// nothing is known any more about what was written: whoever gets it has to start over from
    /// what is stored.
    pub(super) fn transact(
        &mut self,
        batch: Vec<Transaction>,
    ) -> Result<(Vec<Result<Answer, StoreError>>, Changes), StoreError> {
        let mut changes = Changes::new();
        let mut answers = Vec::with_capacity(batch.len());
        for transaction in batch {
            answers.push(self.evaluate(transaction, &mut changes));
        }
        self.rows.write(&changes)?;
        for (key, item) in &changes {
            self.cache.set(key, item.as_ref());
        }
        Ok((answers, changes))
    }

    fn evaluate(
        &mut self,
        transaction: Transaction,
        changes: &mut Changes,
    ) -> Result<Answer, StoreError> {
        let Transaction { now, steps } = transaction;
        let (rows, cache) = (&self.rows, &mut self.cache);
        let find = |key: &str| match changes.get(key) {
            Some(changed) => Ok(changed.clone()),
            None => cache.find(key, rows),
        };
        Ok(match evaluate(steps, now, find)? {
            Evaluation::Refuse { step } => Answer::Refused(step),
            Evaluation::Apply { writes, values } => {
                changes.extend(writes);
                Answer::Applied(values)
            }
        })
    }

    /// The live items of a range, or as many of them as go into one answer.
    pub(super) fn query(&self, range: &Range) -> Result<Page, StoreError> {
        let mut page = Page::default();
        let mut bytes = 0;
        // A start behind the prefix is skipped by going there.
        let after = range
            .after
            .as_deref()
            .filter(|after| **after >= *range.prefix);
        for row in self.rows.from(&range.prefix, after)? {
            let (key, item) = row?;
            if !key.starts_with(&range.prefix) || page.items.len() >= range.limit {
                break;
            }
            if !item.is_live(range.now) {
                continue;
            }
            bytes += size(&key, &item);
            page.items.push((key, item));
            if bytes >= MAX_PAGE {
                page.cut = page.items.len() < range.limit;
                break;
            }
        }
        Ok(page)
    }
}

/// Items that were read or written lately: counters above all, which every request adds to.
#[derive(Debug, Default)]
struct Cache {
    items: HashMap<String, Item>,
    bytes: usize,
}

impl Cache {
    fn find(&mut self, key: &str, rows: &impl Rows) -> Result<Option<Item>, StoreError> {
        if let Some(item) = self.items.get(key) {
            return Ok(Some(item.clone()));
        }
        let item = rows.find(key)?;
        self.set(key, item.as_ref());
        Ok(item)
    }

    fn set(&mut self, key: &str, item: Option<&Item>) {
        if let Some(before) = self.items.remove(key) {
            self.bytes -= size(key, &before);
        }
        let Some(item) = item else {
            return;
        };
        if self.items.len() >= MAX_ENTRIES || self.bytes >= MAX_BYTES {
            self.items.clear();
            self.bytes = 0;
        }
        let item = detached(item);
        self.bytes += size(key, &item);
        self.items.insert(key.to_owned(), item);
    }
}

/// The item without the message that its bytes are a part of.
fn detached(item: &Item) -> Item {
    let mut item = item.clone();
    if let Value::Document(bytes) = &mut item.value {
        *bytes = Bytes::copy_from_slice(bytes);
    }
    item
}

fn size(key: &str, item: &Item) -> usize {
    key.len()
        + match &item.value {
            Value::Document(bytes) => bytes.len(),
            Value::Counters(counters) => counters.keys().map(|field| field.len() + 8).sum(),
        }
}
