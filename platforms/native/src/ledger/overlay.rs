use openclaw_core::ledger::{Item, Value};
use std::{collections::HashMap, sync::Arc};

/// Clean counters that are kept at most.
const MAX_CLEAN: usize = 10_000;

/// What differs from the file, or is known of it: asked before SQLite.
///
/// A change is `dirty` until a batch takes it, then in `flying` until the batch is committed.
/// Behind that its counters stay as `clean`, its documents go.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    dirty: Changes,
    flying: Option<Arc<Changes>>,
    clean: ByAccount<Item>,
    clean_count: usize,
    sequence: u64,
}

type ByAccount<T> = HashMap<String, HashMap<String, T>>;

/// Changes to write, the last one of each item.
#[derive(Debug, Default)]
pub(super) struct Changes(ByAccount<Change>);

#[derive(Clone, Debug)]
struct Change {
    item: Option<Item>,
    /// Whether the file may hold a row to replace or remove.
    stored: bool,
}

impl Overlay {
    /// The number of the last transaction that was applied.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What is known of an item: `None` where the file must be asked, `Some(None)` where there
    /// is no such item.
    pub(super) fn find(&self, account: &str, key: &str) -> Option<Option<Item>> {
        let flying = self.flying.as_deref();
        let change = self
            .dirty
            .get(account, key)
            .or_else(|| flying?.get(account, key));
        match change {
            Some(change) => Some(change.item.clone()),
            None => get(&self.clean, account, key).map(|item| Some(item.clone())),
        }
    }

    /// Applies a transaction and numbers it. `missing` are the keys of which the file was found
    /// to hold none.
    pub(super) fn apply(
        &mut self,
        account: &str,
        writes: Vec<(String, Option<Item>)>,
        missing: &[String],
    ) -> u64 {
        for (key, item) in writes {
            let stored = !missing.contains(&key);
            self.write(account, key, item, stored);
        }
        self.sequence += 1;
        self.sequence
    }

    fn write(&mut self, account: &str, key: String, item: Option<Item>, stored: bool) {
        let stored = match self.dirty.get(account, &key) {
            Some(change) => change.stored,
            None => stored,
        };
        if item.is_none() && !stored {
            self.dirty.remove(account, &key);
        } else {
            self.dirty.insert(account, key, Change { item, stored });
        }
    }

    /// Takes what is dirty to be written, and the number of the last transaction in it. The batch
    /// must come back through [`landed`](Self::landed) or [`failed`](Self::failed).
    pub(super) fn take(&mut self) -> (Arc<Changes>, u64) {
        let mut batch = std::mem::take(&mut self.dirty);
        for change in batch.0.values_mut().flat_map(HashMap::values_mut) {
            // Even if it fails: some errors of a commit come when it is in the file.
            change.stored = true;
        }
        let batch = Arc::new(batch);
        self.flying = Some(batch.clone());
        (batch, self.sequence)
    }

    /// The batch is in the file.
    pub(super) fn landed(&mut self) {
        let Some(batch) = self.flying.take() else {
            return;
        };
        if self.clean_count >= MAX_CLEAN {
            self.clean.clear();
            self.clean_count = 0;
        }
        for (account, changes) in batch.0.iter() {
            for (key, change) in changes {
                self.settle(account, key, change);
            }
        }
    }

    fn settle(&mut self, account: &str, key: &str, change: &Change) {
        match &change.item {
            Some(item) if matches!(item.value, Value::Counters(_)) => {
                if insert(&mut self.clean, account, key.to_owned(), item.clone()).is_none() {
                    self.clean_count += 1;
                }
            }
            _ => {
                if remove(&mut self.clean, account, key).is_some() {
                    self.clean_count -= 1;
                }
            }
        }
    }

    /// The batch is not in the file: it is dirty again, except where there are newer changes.
    pub(super) fn failed(&mut self) {
        let Some(batch) = self.flying.take() else {
            return;
        };
        for (account, changes) in batch.0.iter() {
            for (key, change) in changes {
                if self.dirty.get(account, key).is_none() {
                    self.dirty.insert(account, key.clone(), change.clone());
                }
            }
        }
    }
}

impl Changes {
    /// Account, key, and the item to hold there (`None`: none).
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str, Option<&Item>)> {
        self.0.iter().flat_map(|(account, changes)| {
            changes
                .iter()
                .map(move |(key, change)| (&**account, &**key, change.item.as_ref()))
        })
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn get(&self, account: &str, key: &str) -> Option<&Change> {
        get(&self.0, account, key)
    }

    fn insert(&mut self, account: &str, key: String, change: Change) {
        insert(&mut self.0, account, key, change);
    }

    fn remove(&mut self, account: &str, key: &str) {
        remove(&mut self.0, account, key);
    }
}

fn get<'a, T>(map: &'a ByAccount<T>, account: &str, key: &str) -> Option<&'a T> {
    map.get(account)?.get(key)
}

fn insert<T>(map: &mut ByAccount<T>, account: &str, key: String, value: T) -> Option<T> {
    match map.get_mut(account) {
        Some(items) => items.insert(key, value),
        None => map
            .entry(account.to_owned())
            .or_default()
            .insert(key, value),
    }
}

fn remove<T>(map: &mut ByAccount<T>, account: &str, key: &str) -> Option<T> {
    let items = map.get_mut(account)?;
    let removed = items.remove(key);
    if items.is_empty() {
        map.remove(account);
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::ledger::Counters;

    fn item(n: i64) -> Option<Item> {
        let counters: Counters = [("n".to_owned(), n)].into();
        Some(Item {
            value: Value::Counters(counters),
            expires: None,
        })
    }

    fn document() -> Option<Item> {
        Some(Item {
            value: Value::Document("x".into()),
            expires: None,
        })
    }

    fn write(overlay: &mut Overlay, key: &str, item: Option<Item>) {
        overlay.apply("acct", vec![(key.to_owned(), item)], &[]);
    }

    fn keys(changes: &Changes) -> Vec<&str> {
        let mut keys: Vec<_> = changes.iter().map(|(_, key, _)| key).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn what_was_missing_and_is_gone_again_is_no_change() {
        let mut overlay = Overlay::default();
        let missing = ["k".to_owned()];
        overlay.apply("acct", vec![("k".into(), document())], &missing);
        write(&mut overlay, "k", None);
        assert!(overlay.take().0.is_empty());
    }

    #[test]
    fn what_may_be_stored_is_removed_there() {
        let mut overlay = Overlay::default();
        write(&mut overlay, "k", document());
        write(&mut overlay, "k", None);
        let (batch, _) = overlay.take();
        assert_eq!(batch.iter().collect::<Vec<_>>(), [("acct", "k", None)]);
    }

    #[test]
    fn what_flies_is_removed_even_if_it_was_missing_before() {
        let mut overlay = Overlay::default();
        let missing = ["k".to_owned()];
        overlay.apply("acct", vec![("k".into(), document())], &missing);
        overlay.take();
        write(&mut overlay, "k", None);
        assert_eq!(overlay.find("acct", "k"), Some(None));
        overlay.landed();
        assert_eq!(keys(&overlay.take().0), ["k"]);
    }

    #[test]
    fn counters_stay_known_and_documents_do_not() {
        let mut overlay = Overlay::default();
        write(&mut overlay, "counters", item(1));
        write(&mut overlay, "document", document());
        overlay.take();
        assert_eq!(overlay.find("acct", "document"), Some(document()));
        overlay.landed();
        assert_eq!(overlay.find("acct", "document"), None);
        assert_eq!(overlay.find("acct", "counters"), Some(item(1)));
        write(&mut overlay, "counters", None);
        overlay.take();
        overlay.landed();
        assert_eq!(overlay.find("acct", "counters"), None);
        assert_eq!(overlay.clean_count, 0);
    }

    #[test]
    fn a_failed_batch_is_dirty_again_under_newer_changes() {
        let mut overlay = Overlay::default();
        write(&mut overlay, "a", item(1));
        write(&mut overlay, "b", item(1));
        overlay.take();
        write(&mut overlay, "b", item(2));
        overlay.failed();
        assert_eq!(overlay.find("acct", "a"), Some(item(1)));
        assert_eq!(overlay.find("acct", "b"), Some(item(2)));
        let (batch, sequence) = overlay.take();
        assert_eq!((keys(&batch), sequence), (vec!["a", "b"], 3));
    }

    #[test]
    fn what_a_failed_batch_may_have_written_after_all_is_removed() {
        let mut overlay = Overlay::default();
        let missing = ["k".to_owned()];
        overlay.apply("acct", vec![("k".into(), document())], &missing);
        overlay.take();
        overlay.failed();
        write(&mut overlay, "k", None);
        assert_eq!(keys(&overlay.take().0), ["k"]);
    }

    #[test]
    fn known_counters_are_bounded() {
        let mut overlay = Overlay::default();
        for at in 0..2 * MAX_CLEAN {
            write(&mut overlay, &at.to_string(), item(1));
            overlay.take();
            overlay.landed();
            assert!(overlay.clean_count <= MAX_CLEAN);
        }
        let known: usize = overlay.clean.values().map(HashMap::len).sum();
        assert_eq!(known, overlay.clean_count);
    }
}
