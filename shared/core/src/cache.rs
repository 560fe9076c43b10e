//! What a [`Kv`](crate::Kv) behind a network remembers: bounded, and for a time only.

use crate::Timestamp;
use bytes::Bytes;
use std::{collections::HashMap, time::Duration};

/// Bounds: whichever is passed first empties it. An isolate on Workers has 128 MB.
const MAX_ENTRIES: usize = 2_000;
const MAX_BYTES: usize = 4 << 20;

/// What is under a key, with its expiry; that there is nothing is worth remembering, too.
pub type Entry = Option<(Bytes, Option<Timestamp>)>;

/// Entries by key.
#[derive(Debug)]
pub struct Cache {
    /// How long an entry is good for.
    fresh: Duration,
    entries: HashMap<String, (Entry, Timestamp)>,
    bytes: usize,
    writes: u64,
}

impl Cache {
    /// An empty one whose entries are good for `fresh`.
    pub fn new(fresh: Duration) -> Self {
        Self {
            fresh,
            entries: HashMap::new(),
            bytes: 0,
            writes: 0,
        }
    }

    /// What is remembered of `key` and still good; `None` where that is nothing.
    pub fn find(&self, key: &str, now: Timestamp) -> Option<Entry> {
        let (entry, stale) = self.entries.get(key)?;
        (now < *stale).then(|| entry.clone())
    }

    /// Remembers what was read at `now`.
    pub fn insert(&mut self, key: &str, entry: Entry, now: Timestamp) {
        self.forget(key);
        if self.entries.len() >= MAX_ENTRIES || self.bytes >= MAX_BYTES {
            self.entries.clear();
            self.bytes = 0;
        }
        self.bytes += size(key, &entry);
        let stale = now.checked_add(self.fresh).unwrap_or(Timestamp::MAX);
        self.entries.insert(key.to_owned(), (entry, stale));
    }

    /// Forgets `key`: what is there is about to change, or may have.
    pub fn remove(&mut self, key: &str) {
        self.writes += 1;
        self.forget(key);
    }

    /// Counts the writes: a read that was under way during one must not be inserted behind it.
    pub const fn writes(&self) -> u64 {
        self.writes
    }

    fn forget(&mut self, key: &str) {
        if let Some((entry, _)) = self.entries.remove(key) {
            self.bytes -= size(key, &entry);
        }
    }
}

fn size(key: &str, entry: &Entry) -> usize {
    key.len() + entry.as_ref().map_or(0, |(value, _)| value.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time;

    const FRESH: Duration = Duration::from_secs(25);

    fn at(second: i64) -> Timestamp {
        time::from_second(second)
    }

    fn value(bytes: usize) -> Entry {
        Some((vec![0; bytes].into(), None))
    }

    #[test]
    fn an_entry_is_good_for_its_time_and_so_is_that_there_is_none() {
        let mut cached = Cache::new(FRESH);
        cached.insert("a", value(1), at(100));
        cached.insert("b", None, at(100));
        assert_eq!(cached.find("a", at(124)), Some(value(1)));
        assert_eq!(cached.find("b", at(124)), Some(None));
        assert_eq!(cached.find("c", at(124)), None);
        assert_eq!(cached.find("a", at(125)), None);
        assert_eq!(cached.find("b", at(125)), None);
    }

    #[test]
    fn without_a_time_nothing_is_kept() {
        let mut cached = Cache::new(Duration::ZERO);
        cached.insert("a", value(1), at(100));
        assert_eq!(cached.find("a", at(100)), None);
    }

    #[test]
    fn a_write_makes_reads_that_are_under_way_old() {
        let mut cached = Cache::new(FRESH);
        let before = cached.writes();
        cached.remove("a");
        assert_ne!(cached.writes(), before);
    }

    #[test]
    fn the_cache_is_bounded_by_entries_and_bytes() {
        let mut cached = Cache::new(FRESH);
        for at_entry in 0..2 * MAX_ENTRIES + 2 {
            cached.insert(&at_entry.to_string(), None, at(1));
            assert!(cached.entries.len() <= MAX_ENTRIES);
        }
        for at_entry in 0..9 {
            cached.insert(&format!("large {at_entry}"), value(MAX_BYTES / 2), at(1));
            let entries = cached.entries.iter();
            let held: usize = entries.map(|(key, (entry, _))| size(key, entry)).sum();
            assert_eq!(held, cached.bytes);
            assert!(held < 2 * MAX_BYTES);
        }
    }
}
