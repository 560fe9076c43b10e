use super::record::{Entry, Record};
use hashbrown::HashMap;
use openclaw_core::{
    Timestamp,
    ledger::{Item, Value},
};
use std::{sync::Arc, time::Duration};

/// Counters that are kept at most once SQLite has them, and keys that are known to be absent.
const MAX_CLEAN: usize = 10_000;

/// How long an item of which SQLite holds none counts as absent: a tool may put it meanwhile, and is
/// seen this much later. Every admission asks for items that most accounts never have.
const ABSENT_FOR: Duration = Duration::from_millis(250);

/// What differs from SQLite, or is known of it: asked before SQLite.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    items: ByAccount,
    /// The items at `Stage::Dirty`, and some that have left it since.
    dirty: Vec<Place>,
    /// Those in the record that is being appended.
    appending: Vec<Place>,
    /// Those that were journalled since SQLite was last brought up to date: `Known::journalled`.
    journalled: Vec<Place>,
    /// Those SQLite is being given.
    moving: Vec<Place>,
    clean: usize,
    sequence: u64,
}

type ByAccount = HashMap<Arc<str>, HashMap<Arc<str>, Known>>;

/// Account and key.
type Place = (Arc<str>, Arc<str>);

#[derive(Debug)]
struct Known {
    item: Option<Item>,
    stage: Stage,
    /// Whether the journal may hold something that SQLite was not given yet.
    journalled: bool,
    /// Whether SQLite may hold a row to replace or remove.
    stored: bool,
    /// Of what SQLite was asked and holds none: when.
    asked: Option<Timestamp>,
    /// Where it is.
    place: Place,
}

/// How far an item's last change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nowhere yet.
    Dirty,
    /// Into the journal, or a record that is being appended to it.
    Journalled,
    /// Into a transaction of SQLite that is being committed.
    Moving,
    /// Into SQLite. Only counters stay here, and for a moment what it holds not.
    Clean,
}

impl Overlay {
    /// The number of the last transaction that was applied.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Changes that SQLite does not have; some may be counted twice for a moment.
    pub(super) fn unwritten(&self) -> usize {
        let kinds = [&self.dirty, &self.appending, &self.journalled, &self.moving];
        kinds.into_iter().map(Vec::len).sum()
    }

    /// What is known of an item: `None` where SQLite must be asked, `Some(None)` where there is
    /// no such item.
    pub(super) fn find(&self, account: &str, key: &str, now: Timestamp) -> Option<Option<Item>> {
        let known = self.items.get(account)?.get(key)?;
        let is_old = |asked| now.duration_since(asked) >= ABSENT_FOR;
        if known.asked.is_some_and(is_old) {
            return None;
        }
        Some(known.item.clone())
    }

    /// SQLite holds no such item now.
    pub(super) fn absent(&mut self, account: &str, key: &str, now: Timestamp) {
        if let Some(known) = known(&mut self.items, account, key) {
            if known.asked.is_some() {
                known.asked = Some(now);
            }
            return;
        }
        if self.clean >= MAX_CLEAN {
            self.forget_clean();
        }
        let place = self.place(account, key);
        let known = Known {
            item: None,
            stage: Stage::Clean,
            journalled: false,
            // A tool may have put it by the time it is written.
            stored: true,
            asked: Some(now),
            place: place.clone(),
        };
        self.keep(place, known);
        self.clean += 1;
    }

    /// Applies a transaction and numbers it. `missing` are the keys of which SQLite was found to
    /// hold none.
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
        let Some(known) = known(&mut self.items, account, &key) else {
            if item.is_some() || stored {
                self.insert(account, &key, item, stored);
            }
            return;
        };
        let before = std::mem::replace(&mut known.stage, Stage::Dirty);
        known.item = item;
        known.asked = None;
        let nothing = known.item.is_none() && !known.journalled && !known.stored;
        if before == Stage::Clean {
            self.clean -= 1;
        }
        if before != Stage::Dirty {
            self.dirty.push(known.place.clone());
        } else if nothing {
            self.forget(account, &key);
        }
    }

    fn insert(&mut self, account: &str, key: &str, item: Option<Item>, stored: bool) {
        let place = self.place(account, key);
        let known = Known {
            item,
            stage: Stage::Dirty,
            journalled: false,
            stored,
            asked: None,
            place: place.clone(),
        };
        self.dirty.push(place.clone());
        self.keep(place, known);
    }

    fn place(&self, account: &str, key: &str) -> Place {
        let account = match self.items.get_key_value(account) {
            Some((account, _)) => account.clone(),
            None => account.into(),
        };
        (account, key.into())
    }

    fn keep(&mut self, (account, key): Place, known: Known) {
        self.items.entry(account).or_default().insert(key, known);
    }

    /// Writes what is dirty into `record`; the number of the last transaction in it. It must come
    /// back through [`appended`](Self::appended) or [`not_appended`](Self::not_appended).
    pub(super) fn journal(&mut self, record: &mut Record) -> u64 {
        self.appending.clear();
        std::mem::swap(&mut self.dirty, &mut self.appending);
        for place in &self.appending {
            // A place may stand here twice, and what stood there may be gone.
            let Some(known) = known(&mut self.items, &place.0, &place.1) else {
                continue;
            };
            if known.stage != Stage::Dirty {
                continue;
            }
            record.push(&place.0, &place.1, known.item.as_ref());
            known.stage = Stage::Journalled;
            // Even if it fails: some errors of a write come when it is in the file.
            if !std::mem::replace(&mut known.journalled, true) {
                self.journalled.push(place.clone());
            }
        }
        self.sequence
    }

    /// The record is not in the journal: what it held is dirty again, or still.
    pub(super) fn not_appended(&mut self) {
        for place in self.appending.drain(..) {
            if let Some(known) = known(&mut self.items, &place.0, &place.1)
                && known.stage == Stage::Journalled
            {
                known.stage = Stage::Dirty;
                self.dirty.push(place);
            }
        }
    }

    /// The changes SQLite has not been given. Nothing may be dirty. They must come back through
    /// [`moved`](Self::moved) or [`not_moved`](Self::not_moved).
    pub(super) fn take(&mut self) -> Vec<Entry> {
        let mut changes = Vec::with_capacity(self.journalled.len());
        for place in self.journalled.drain(..) {
            let Some(known) = known(&mut self.items, &place.0, &place.1) else {
                continue;
            };
            known.stage = Stage::Moving;
            known.journalled = false;
            // What came and went in between is nothing to SQLite.
            if known.item.is_some() || known.stored {
                known.stored = true;
                let (account, key) = (place.0.to_string(), place.1.to_string());
                changes.push((account, key, known.item.clone()));
            }
            self.moving.push(place);
        }
        changes
    }

    /// SQLite has the changes that were taken.
    pub(super) fn moved(&mut self) {
        for place in std::mem::take(&mut self.moving) {
            let Some(known) = known(&mut self.items, &place.0, &place.1) else {
                continue;
            };
            if known.stage != Stage::Moving {
                continue;
            }
            match known.item.as_ref().map(|item| &item.value) {
                Some(Value::Counters(_)) => {
                    known.stage = Stage::Clean;
                    self.clean += 1;
                }
                _ => self.forget(&place.0, &place.1),
            }
        }
        if self.clean > MAX_CLEAN {
            self.forget_clean();
        }
    }

    /// SQLite has them not: they are as they were.
    pub(super) fn not_moved(&mut self) {
        for place in std::mem::take(&mut self.moving) {
            let Some(known) = known(&mut self.items, &place.0, &place.1) else {
                continue;
            };
            if known.stage == Stage::Moving {
                known.stage = Stage::Journalled;
            }
            if !std::mem::replace(&mut known.journalled, true) {
                self.journalled.push(place);
            }
        }
    }

    fn forget(&mut self, account: &str, key: &str) {
        if let Some(items) = self.items.get_mut(account) {
            items.remove(key);
            if items.is_empty() {
                self.items.remove(account);
            }
        }
    }

    fn forget_clean(&mut self) {
        self.items.retain(|_, items| {
            items.retain(|_, known| known.stage != Stage::Clean);
            !items.is_empty()
        });
        self.clean = 0;
    }
}

fn known<'a>(items: &'a mut ByAccount, account: &str, key: &str) -> Option<&'a mut Known> {
    items.get_mut(account)?.get_mut(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::ledger::Counters;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

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

    fn put_missing(overlay: &mut Overlay, key: &str) {
        let writes = vec![(key.to_owned(), document())];
        overlay.apply("acct", writes, &[key.to_owned()]);
    }

    /// What goes into the journal, in order.
    fn journal(overlay: &mut Overlay) -> Vec<(String, Option<Item>)> {
        let mut record = Record::default();
        record.clear();
        let sequence = overlay.journal(&mut record);
        let Some(bytes) = record.finish(sequence) else {
            return Vec::new();
        };
        let mut records = super::super::record::Records(bytes.to_vec().into());
        let (number, entries) = records.next().unwrap();
        assert_eq!(number, sequence);
        entries
            .into_iter()
            .map(|(_, key, item)| (key, item))
            .collect()
    }

    /// What goes into SQLite, by key.
    fn take(overlay: &mut Overlay) -> Vec<(String, Option<Item>)> {
        let taken = overlay.take();
        let mut taken: Vec<_> = taken
            .into_iter()
            .map(|(_, key, item)| (key, item))
            .collect();
        taken.sort_by(|(one, _), (two, _)| one.cmp(two));
        taken
    }

    fn entry(key: &str, item: Option<Item>) -> (String, Option<Item>) {
        (key.to_owned(), item)
    }

    #[test]
    fn what_was_missing_and_is_gone_again_is_no_change() {
        let mut overlay = Overlay::default();
        put_missing(&mut overlay, "k");
        write(&mut overlay, "k", None);
        assert_eq!(journal(&mut overlay), []);
        assert!(overlay.items.is_empty());
        // And there again, under a place that is still listed.
        put_missing(&mut overlay, "k");
        write(&mut overlay, "k", None);
        put_missing(&mut overlay, "k");
        assert_eq!(journal(&mut overlay), [entry("k", document())]);
    }

    #[test]
    fn what_may_be_stored_is_removed_in_both() {
        let mut overlay = Overlay::default();
        write(&mut overlay, "k", document());
        write(&mut overlay, "k", None);
        assert_eq!(journal(&mut overlay), [entry("k", None)]);
        assert_eq!(overlay.find("acct", "k", at(0)), Some(None));
        assert_eq!(take(&mut overlay), [entry("k", None)]);
        overlay.moved();
        assert_eq!(overlay.find("acct", "k", at(0)), None);
        assert!(overlay.items.is_empty());
    }

    #[test]
    fn what_is_journalled_and_gone_is_removed_in_the_journal_and_nothing_to_sqlite() {
        let mut overlay = Overlay::default();
        put_missing(&mut overlay, "k");
        journal(&mut overlay);
        write(&mut overlay, "k", None);
        assert_eq!(journal(&mut overlay), [entry("k", None)]);
        assert_eq!(take(&mut overlay), []);
        overlay.moved();
        assert!(overlay.items.is_empty());
    }

    #[test]
    fn what_is_being_moved_is_removed_even_if_it_was_missing_before() {
        let mut overlay = Overlay::default();
        put_missing(&mut overlay, "k");
        journal(&mut overlay);
        take(&mut overlay);
        write(&mut overlay, "k", None);
        overlay.moved();
        assert_eq!(overlay.find("acct", "k", at(0)), Some(None));
        assert_eq!(journal(&mut overlay), [entry("k", None)]);
        assert_eq!(take(&mut overlay), [entry("k", None)]);
    }

    #[test]
    fn many_changes_are_one_row() {
        let mut overlay = Overlay::default();
        for n in 1..=500 {
            write(&mut overlay, "n", item(n));
            assert_eq!(journal(&mut overlay), [entry("n", item(n))]);
        }
        assert_eq!(take(&mut overlay), [entry("n", item(500))]);
        overlay.moved();
        assert_eq!(
            (journal(&mut overlay), take(&mut overlay)),
            (vec![], vec![])
        );
    }

    #[test]
    fn counters_stay_known_and_documents_do_not() {
        let mut overlay = Overlay::default();
        write(&mut overlay, "counters", item(1));
        write(&mut overlay, "document", document());
        journal(&mut overlay);
        assert_eq!(overlay.find("acct", "document", at(0)), Some(document()));
        take(&mut overlay);
        assert_eq!(overlay.find("acct", "document", at(0)), Some(document()));
        overlay.moved();
        assert_eq!(overlay.find("acct", "document", at(0)), None);
        assert_eq!(overlay.find("acct", "counters", at(0)), Some(item(1)));
        write(&mut overlay, "counters", None);
        journal(&mut overlay);
        take(&mut overlay);
        overlay.moved();
        assert_eq!(overlay.find("acct", "counters", at(0)), None);
        assert_eq!(overlay.clean, 0);
    }

    #[test]
    fn what_could_not_be_appended_is_dirty_again_under_newer_changes() {
        let mut overlay = Overlay::default();
        for key in ["a", "b", "c"] {
            put_missing(&mut overlay, key);
        }
        assert_eq!(journal(&mut overlay).len(), 3);
        write(&mut overlay, "b", item(2));
        write(&mut overlay, "c", None);
        overlay.not_appended();
        assert_eq!(overlay.find("acct", "a", at(0)), Some(document()));
        let mut again = journal(&mut overlay);
        again.sort_by(|(one, _), (two, _)| one.cmp(two));
        let all = [
            entry("a", document()),
            entry("b", item(2)),
            entry("c", None),
        ];
        assert_eq!(again, all);
        // Nobody has told SQLite of `c`.
        assert_eq!(take(&mut overlay), all[..2]);
    }

    #[test]
    fn what_could_not_be_moved_is_moved_later_with_newer_changes() {
        let mut overlay = Overlay::default();
        for key in ["a", "b", "c"] {
            put_missing(&mut overlay, key);
        }
        journal(&mut overlay);
        assert_eq!(take(&mut overlay).len(), 3);
        write(&mut overlay, "b", item(2));
        journal(&mut overlay);
        write(&mut overlay, "c", None);
        overlay.not_moved();
        assert_eq!(journal(&mut overlay), [entry("c", None)]);
        // The transaction may have been committed after all.
        let all = [
            entry("a", document()),
            entry("b", item(2)),
            entry("c", None),
        ];
        assert_eq!(take(&mut overlay), all);
        overlay.moved();
        assert_eq!(take(&mut overlay), []);
    }

    #[test]
    fn what_could_neither_be_appended_nor_moved_is_dirty() {
        let mut overlay = Overlay::default();
        put_missing(&mut overlay, "a");
        journal(&mut overlay);
        put_missing(&mut overlay, "b");
        journal(&mut overlay);
        take(&mut overlay);
        overlay.not_moved();
        overlay.not_appended();
        assert_eq!(journal(&mut overlay), [entry("b", document())]);
        let both = [entry("a", document()), entry("b", document())];
        assert_eq!(take(&mut overlay), both);
    }

    #[test]
    fn known_counters_are_bounded() {
        let mut overlay = Overlay::default();
        for at in 0..2 * MAX_CLEAN + 2 {
            write(&mut overlay, &at.to_string(), item(1));
            journal(&mut overlay);
            overlay.take();
            overlay.moved();
            assert!(overlay.clean <= MAX_CLEAN);
        }
        let known: usize = overlay.items.values().map(HashMap::len).sum();
        assert_eq!(known, overlay.clean);
    }

    #[test]
    fn what_is_absent_is_asked_for_again_soon() {
        let mut overlay = Overlay::default();
        overlay.absent("acct", "k", at(0));
        assert_eq!(overlay.find("acct", "k", at(249)), Some(None));
        assert_eq!(overlay.find("acct", "k", at(250)), None);
        overlay.absent("acct", "k", at(250));
        assert_eq!(overlay.find("acct", "k", at(499)), Some(None));
        assert_eq!(overlay.clean, 1);
        // Nothing of it is written until somebody writes it.
        assert_eq!(
            (journal(&mut overlay), take(&mut overlay)),
            (vec![], vec![])
        );
        write(&mut overlay, "k", document());
        overlay.absent("acct", "k", at(250));
        assert_eq!(overlay.find("acct", "k", at(900)), Some(document()));
        assert_eq!(overlay.clean, 0);
        assert_eq!(journal(&mut overlay), [entry("k", document())]);
    }

    #[test]
    fn what_was_absent_is_removed_where_a_tool_may_have_put_it() {
        let mut overlay = Overlay::default();
        overlay.absent("acct", "k", at(0));
        write(&mut overlay, "k", None);
        assert_eq!(journal(&mut overlay), [entry("k", None)]);
        assert_eq!(take(&mut overlay), [entry("k", None)]);
    }

    #[test]
    fn keys_known_to_be_absent_are_bounded() {
        let mut overlay = Overlay::default();
        for key in 0..2 * MAX_CLEAN + 2 {
            overlay.absent("acct", &key.to_string(), at(0));
            assert!(overlay.clean <= MAX_CLEAN);
        }
        let known: usize = overlay.items.values().map(HashMap::len).sum();
        assert_eq!(known, overlay.clean);
    }
}
