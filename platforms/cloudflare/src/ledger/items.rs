//! One account's items. Transactions are worked out in memory, and their changes are written in as few
//! statements as there are kinds of changes.

use super::wire::{Answer, Page, Range, Transaction};
use bytes::Bytes;
use openclaw_core::{
    StoreError,
    cache::BoundedCache,
    ledger::{Evaluation, Item, Value, evaluate},
};
use std::collections::BTreeMap;

/// Bytes of the cache: many accounts' objects may share the 128 MB of an isolate.
const MAX_CACHED: usize = 256 << 10;

/// Bytes after which an answer to a query ends: a message between Workers is bounded.
const MAX_PAGE: usize = 4 << 20;

/// The stored items.
pub(super) trait Rows {
    /// The item under `key`, expired or not.
    fn find(&self, key: &str) -> Result<Option<Item>, StoreError>;

    /// Items after the key `after`, or from `first` on, in key order, expired or not.
    fn from(
        &self,
        first: &str,
        after: Option<&str>,
    ) -> Result<impl Iterator<Item = Result<(String, Item), StoreError>>, StoreError>;

    /// Writes all of `changes`. After an error nobody knows how many were written.
    fn write(&self, changes: &Changes) -> Result<(), StoreError>;
}

/// The new item under each key; `None` removes it.
pub(super) type Changes = BTreeMap<String, Option<Item>>;

/// The items, with a cache of those that were read or written lately: counters above all, which every
/// request adds to, and the note of how the account stands, which is mostly absent.
pub(super) struct Items<R> {
    rows: R,
    cache: Cache,
}

type Cache = BoundedCache<String, Option<Item>>;

impl<R: Rows> Items<R> {
    pub(super) fn new(rows: R) -> Self {
        Self {
            rows,
            cache: Cache::new(MAX_CACHED, |key, item| {
                key.len() + item.as_ref().map_or(0, |item| size(key, item))
            }),
        }
    }

    pub(super) const fn rows(&self) -> &R {
        &self.rows
    }

    /// Applies the transactions in order, each to the items that those before it left. After an error
    /// nobody knows what was written: the caller has to start over from the stored items.
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
            // An item that is too large for the cache must not leave the last one in it.
            self.cache.remove(key);
            if item.is_some() {
                remember(&mut self.cache, key, item.as_ref());
            }
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
            None => find_cached(cache, rows, key),
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
        // `after` may lie before the prefix: then the prefix is the start.
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

fn find_cached(cache: &mut Cache, rows: &impl Rows, key: &str) -> Result<Option<Item>, StoreError> {
    if let Some(item) = cache.get(key) {
        return Ok(item.clone());
    }
    let item = rows.find(key)?;
    remember(cache, key, item.as_ref());
    Ok(item)
}

fn remember(cache: &mut Cache, key: &str, item: Option<&Item>) {
    cache.insert(key.to_owned(), item.map(detached));
}

/// The item with bytes of its own, in place of a part of the message that it came in.
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

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::{
        Timestamp,
        ledger::{Delta, Step, When},
        time,
    };
    use std::cell::{Cell, RefCell};

    /// Rows in memory that count what they are asked.
    #[derive(Default)]
    struct Fake {
        rows: RefCell<BTreeMap<String, Item>>,
        found: Cell<u32>,
        written: RefCell<Vec<Changes>>,
        fails: Cell<bool>,
    }

    impl Rows for Fake {
        fn find(&self, key: &str) -> Result<Option<Item>, StoreError> {
            self.found.set(self.found.get() + 1);
            Ok(self.rows.borrow().get(key).cloned())
        }

        fn from(
            &self,
            first: &str,
            after: Option<&str>,
        ) -> Result<impl Iterator<Item = Result<(String, Item), StoreError>>, StoreError> {
            let rows = self.rows.borrow().clone().into_iter();
            let (first, after) = (first.to_owned(), after.map(str::to_owned));
            Ok(rows
                .filter(move |(key, _)| match &after {
                    Some(after) => key > after,
                    None => *key >= first,
                })
                .map(Ok))
        }

        fn write(&self, changes: &Changes) -> Result<(), StoreError> {
            if self.fails.get() {
                return Err(StoreError::Fault("full".into()));
            }
            self.written.borrow_mut().push(changes.clone());
            for (key, item) in changes {
                let mut rows = self.rows.borrow_mut();
                match item {
                    Some(item) => rows.insert(key.clone(), item.clone()),
                    None => rows.remove(key),
                };
            }
            Ok(())
        }
    }

    fn now() -> Timestamp {
        time::from_second(1000)
    }

    fn put(key: &str, bytes: usize) -> Step {
        Step::Put {
            key: key.into(),
            document: vec![b'x'; bytes].into(),
            when: When::Always,
            expires: None,
        }
    }

    fn delete(key: &str) -> Step {
        Step::Delete {
            key: key.into(),
            when: When::Present,
        }
    }

    fn add(bound: i64) -> Step {
        Step::Add {
            key: "count".into(),
            deltas: vec![Delta::bounded("n", 1, bound)],
            expires: None,
        }
    }

    fn transactions(steps: impl IntoIterator<Item = Vec<Step>>) -> Vec<Transaction> {
        let steps = steps.into_iter();
        steps
            .map(|steps| Transaction { now: now(), steps })
            .collect()
    }

    fn query(items: &Items<Fake>, prefix: &str, after: Option<&str>, limit: usize) -> Page {
        let range = Range {
            now: now(),
            prefix: prefix.into(),
            after: after.map(str::to_owned),
            limit,
        };
        items.query(&range).unwrap()
    }

    #[test]
    fn a_batch_is_one_write_of_its_last_items() {
        let mut items = Items::new(Fake::default());
        let batch = transactions([
            vec![put("r/1", 1), add(2)],
            vec![put("r/2", 1), add(2)],
            vec![put("r/3", 1), add(2)],
            vec![delete("r/1"), put("row/1", 1)],
        ]);
        let (answers, _) = items.transact(batch).unwrap();
        assert!(matches!(answers[2], Ok(Answer::Refused(1))), "{answers:?}");
        assert!(matches!(answers[3], Ok(Answer::Applied(_))), "{answers:?}");
        let written = items.rows().written.borrow();
        assert_eq!(written.len(), 1);
        let kept: Vec<_> = written[0]
            .iter()
            .map(|(key, item)| (&**key, item.is_some()))
            .collect();
        let promised = [
            ("count", true),
            ("r/1", false),
            ("r/2", true),
            ("row/1", true),
        ];
        assert_eq!(kept, promised);
        let count = written[0]["count"].as_ref().unwrap().counters().unwrap()["n"];
        assert_eq!(count, 2);
    }

    #[test]
    fn an_item_that_was_written_or_read_is_not_read_again() {
        let mut items = Items::new(Fake::default());
        for _ in 0..3 {
            items.transact(transactions([vec![add(9)]])).unwrap();
        }
        assert_eq!(items.rows().found.get(), 1);
        items.transact(transactions([vec![put("r/1", 1)]])).unwrap();
        items.transact(transactions([vec![delete("r/1")]])).unwrap();
        assert_eq!(items.rows().found.get(), 1);
        let (answers, _) = items.transact(transactions([vec![delete("r/1")]])).unwrap();
        assert!(matches!(answers[0], Ok(Answer::Refused(0))), "{answers:?}");
    }

    #[test]
    fn a_change_that_was_not_written_is_not_remembered() {
        let mut items = Items::new(Fake::default());
        items.transact(transactions([vec![add(9)]])).unwrap();
        items.rows().fails.set(true);
        assert!(items.transact(transactions([vec![add(9)]])).is_err());
        items.rows().fails.set(false);
        let (answers, _) = items.transact(transactions([vec![add(9)]])).unwrap();
        let Ok(Answer::Applied(values)) = &answers[0] else {
            panic!("{answers:?}");
        };
        let Some(Value::Counters(counters)) = &values[0] else {
            panic!("{values:?}");
        };
        assert_eq!(counters["n"], 2);
    }

    #[test]
    fn a_full_cache_keeps_the_items_in_use() {
        let mut items = Items::new(Fake::default());
        let large = 1 << 10;
        for at in 0..4 * MAX_CACHED / large {
            items.transact(transactions([vec![add(i64::MAX)]])).unwrap();
            items
                .transact(transactions([vec![put(&at.to_string(), large)]]))
                .unwrap();
            assert!(items.cache.len() <= MAX_CACHED / large + 1);
        }
        assert_eq!(items.rows().found.get(), 1);
    }

    #[test]
    fn what_is_absent_is_looked_for_once_until_it_is_written() {
        let mut items = Items::new(Fake::default());
        let check = |when| Step::Check {
            key: "k".into(),
            when,
        };
        let passes = |items: &mut Items<Fake>, step| {
            let (answers, _) = items.transact(transactions([vec![step]])).unwrap();
            matches!(answers[0], Ok(Answer::Applied(_)))
        };
        for _ in 0..3 {
            assert!(passes(&mut items, check(When::Absent)));
        }
        assert_eq!(items.rows().found.get(), 1);
        assert!(passes(&mut items, put("k", 1)));
        assert!(passes(&mut items, check(When::Present)));
        let delete = Step::Delete {
            key: "k".into(),
            when: When::Present,
        };
        assert!(passes(&mut items, delete));
        assert!(passes(&mut items, check(When::Absent)));
    }

    #[test]
    fn an_item_too_large_for_the_cache_is_read_again() {
        let mut items = Items::new(Fake::default());
        items.transact(transactions([vec![put("k", 1)]])).unwrap();
        let large = put("k", 2 * MAX_CACHED);
        items.transact(transactions([vec![large]])).unwrap();
        let found = find_cached(&mut items.cache, &items.rows, "k").unwrap();
        let found = found.unwrap().document().map(Bytes::len);
        assert_eq!(found, Some(2 * MAX_CACHED));
    }

    #[test]
    fn a_large_answer_is_cut_and_the_next_one_goes_on() {
        let mut items = Items::new(Fake::default());
        let large = MAX_PAGE / 2;
        for key in ["a/1", "a/2", "a/3", "b"] {
            items
                .transact(transactions([vec![put(key, large)]]))
                .unwrap();
        }
        let keys =
            |page: &Page| -> Vec<_> { page.items.iter().map(|(key, _)| key.clone()).collect() };
        let page = query(&items, "a/", None, 10);
        assert_eq!(
            (keys(&page), page.cut),
            (vec!["a/1".into(), "a/2".into()], true)
        );
        let page = query(&items, "a/", Some("a/2"), 10);
        assert_eq!((keys(&page), page.cut), (vec!["a/3".into()], false));
        assert!(!query(&items, "a/", None, 2).cut);
        assert_eq!(keys(&query(&items, "b", Some("a/9"), 10)), ["b"]);
    }
}
