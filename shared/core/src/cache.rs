//! Bounded caches in the memory of a process or isolate.

use crate::Timestamp;
use bytes::Bytes;
use quick_cache::{Weighter, unsync};
use std::{borrow::Borrow, hash::Hash, time::Duration};

/// Bytes that the map's own bookkeeping takes for an entry, about.
const OVERHEAD: usize = 128;

/// Values by key, up to a number of bytes. When it is full, entries that were not used again make
/// room for new ones (S3-FIFO, by `quick_cache`).
#[derive(Debug)]
pub struct BoundedCache<K, V>(unsync::Cache<K, V, Weigh<K, V>>);

/// The bytes that a key and its value hold on the heap.
type Size<K, V> = fn(&K, &V) -> usize;

#[derive(Debug)]
struct Weigh<K, V>(Size<K, V>);

impl<K, V> Clone for Weigh<K, V> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<K, V> Weighter<K, V> for Weigh<K, V> {
    fn weight(&self, key: &K, value: &V) -> u64 {
        (OVERHEAD + (self.0)(key, value)) as u64
    }
}

impl<K: Eq + Hash, V> BoundedCache<K, V> {
    /// An empty one for at most `bytes`: what `size` says of each entry, and 128 bytes for each.
    pub fn new(bytes: usize, size: Size<K, V>) -> Self {
        let (entries, bytes) = (bytes / (4 * OVERHEAD), bytes as u64);
        Self(unsync::Cache::with_weighter(entries, bytes, Weigh(size)))
    }

    /// The value under `key`.
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0.get(key)
    }

    /// Puts `value` under `key`; one that is larger than the cache is not kept.
    pub fn insert(&mut self, key: K, value: V) {
        self.0.insert(key, value);
    }

    /// Forgets `key`.
    pub fn remove<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0.remove(key);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The bound of a [`Cache`]: an isolate on Workers has 128 MB.
const MAX_BYTES: usize = 4 << 20;

/// The value under a key and its expiry; `None` remembers that there is none.
pub type Entry = Option<(Bytes, Option<Timestamp>)>;

/// The memory of a [`Kv`](crate::Kv) that is reached over a network: at most 4 MiB, each entry for a
/// time only.
#[derive(Debug)]
pub struct Cache {
    /// How long an entry is good for.
    fresh: Duration,
    /// Each with the time from which it is stale.
    entries: BoundedCache<String, (Entry, Timestamp)>,
    writes: u64,
}

impl Cache {
    /// An empty one whose entries are good for `fresh`.
    pub fn new(fresh: Duration) -> Self {
        Self {
            fresh,
            entries: BoundedCache::new(MAX_BYTES, |key, entry| size(key, entry)),
            writes: 0,
        }
    }

    /// The entry under `key`, as long as it is good.
    pub fn find(&self, key: &str, now: Timestamp) -> Option<Entry> {
        let (entry, stale) = self.entries.get(key)?;
        (now < *stale).then(|| entry.clone())
    }

    /// Remembers what was read at `now`.
    pub fn insert(&mut self, key: &str, entry: Entry, now: Timestamp) {
        let stale = now + self.fresh;
        self.entries.insert(key.to_owned(), (entry, stale));
    }

    /// Forgets `key`: what is there is about to change, or may have.
    pub fn remove(&mut self, key: &str) {
        self.writes += 1;
        self.entries.remove(key);
    }

    /// Counts the writes: a read during which one happened must not be inserted after it.
    pub const fn writes(&self) -> u64 {
        self.writes
    }
}

fn size(key: &str, (entry, _): &(Entry, Timestamp)) -> usize {
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
    fn a_full_cache_keeps_what_is_used_and_its_bound() {
        let mut cached = Cache::new(FRESH);
        cached.insert("used", value(100), at(1));
        for number in 0..200_000 {
            assert!(cached.find("used", at(1)).is_some(), "lost at {number}");
            cached.insert(&number.to_string(), value(number % 100), at(1));
        }
        let entries = cached.entries.len();
        assert!(
            (10_000..MAX_BYTES / OVERHEAD).contains(&entries),
            "{entries}"
        );
    }

    #[test]
    fn a_value_as_large_as_the_cache_is_not_kept() {
        let mut cached = Cache::new(FRESH);
        cached.insert("small", value(1), at(1));
        cached.insert("large", value(MAX_BYTES), at(1));
        assert_eq!(cached.find("large", at(1)), None);
        assert_eq!(cached.find("small", at(1)), Some(value(1)));
        cached.insert("small", value(2), at(1));
        assert_eq!(cached.find("small", at(1)), Some(value(2)));
    }
}
