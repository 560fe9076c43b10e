use bytes::Bytes;
use openclaw_core::{BoxFuture, Clock, Kv, StoreError, Timestamp, time};
use send_wrapper::SendWrapper;
use std::{cell::RefCell, collections::HashMap, sync::Arc, time::Duration};
use worker::kv::{KvError, KvStore};

/// Seconds for which a location may answer from its own copy: the least KV takes.
const LOCATION_CACHE: u64 = 30;

/// KV takes no expiry that is nearer than 60 s; what goes earlier is only filtered.
const NEAREST_EXPIRY: i64 = 90;

/// Bounds of the isolate's cache: whichever is passed first empties it. An isolate has 128 MB.
const MAX_ENTRIES: usize = 2_000;
const MAX_BYTES: usize = 4 << 20;

/// [`Kv`] on Workers KV behind a cache in the isolate.
///
/// A read is stale by at most the cache's time (25 s by default) and the 30 s of the location's
/// own cache: 55 s in all. What this isolate writes it sees at once. Values stand in KV as they
/// are, so that the dashboard and wrangler can show and write them; the exact expiry stands in the
/// metadata, and KV drops what has expired where it takes that expiry.
pub struct WorkersKv {
    store: KvStore,
    clock: Arc<dyn Clock>,
    cached: SendWrapper<RefCell<Cached>>,
}

/// What is under a key; that there is nothing is worth remembering, too.
type Entry = Option<(Bytes, Option<Timestamp>)>;

struct Cached {
    /// How long an entry is good for.
    fresh: Duration,
    entries: HashMap<String, (Entry, Timestamp)>,
    bytes: usize,
    /// Counts the writes: a read that was under way during one does not land behind it.
    writes: u64,
}

impl WorkersKv {
    /// The store behind a binding. `clock` says what has expired, an entry is read again when it
    /// is older than `fresh`: at most 30 s, or a read may be staler than the port allows.
    pub fn new(store: KvStore, clock: Arc<dyn Clock>, fresh: Duration) -> Self {
        Self {
            store,
            clock,
            cached: SendWrapper::new(RefCell::new(Cached::new(fresh))),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let now = self.clock.now();
        let known = self.cached.borrow().find(key, now);
        let entry = match known {
            Some(entry) => entry,
            None => self.load(key, now).await?,
        };
        Ok(entry
            .filter(|(_, expires)| expires.is_none_or(|expires| now < expires))
            .map(|(value, _)| value))
    }

    async fn load(&self, key: &str, now: Timestamp) -> Result<Entry, StoreError> {
        let writes = self.cached.borrow().writes;
        let found = self.store.get(key).cache_ttl(LOCATION_CACHE);
        let (value, expires) = found.bytes_with_metadata::<i64>().await.map_err(failed)?;
        let entry = value.map(|value| (value.into(), expires.map(time::from_microsecond)));
        let mut cached = self.cached.borrow_mut();
        if cached.writes == writes {
            cached.insert(key, entry.clone(), now);
        }
        Ok(entry)
    }

    async fn write(&self, key: &str, entry: Entry) -> Result<(), StoreError> {
        self.cached.borrow_mut().remove(key);
        let written = self.store_entry(key, entry.as_ref()).await;
        let mut cached = self.cached.borrow_mut();
        cached.remove(key);
        // After an error it may have been written all the same.
        if written.is_ok() {
            cached.insert(key, entry, self.clock.now());
        }
        written
    }

    async fn store_entry(
        &self,
        key: &str,
        entry: Option<&(Bytes, Option<Timestamp>)>,
    ) -> Result<(), StoreError> {
        let Some((value, expires)) = entry else {
            return self.store.delete(key).await.map_err(failed);
        };
        let mut put = self.store.put_bytes(key, value).map_err(failed)?;
        if let Some(expires) = expires {
            put = put.metadata(expires.as_microsecond()).map_err(failed)?;
            // By KV's own clock, not by the port's.
            let now = worker::Date::now().as_millis() as i64 / 1000;
            let expires = expires.as_second().saturating_add(1);
            if expires > now.saturating_add(NEAREST_EXPIRY) {
                put = put.expiration(expires as u64);
            }
        }
        put.execute().await.map_err(failed)
    }
}

impl Kv for WorkersKv {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(SendWrapper::new(self.read(key)))
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(SendWrapper::new(self.write(key, Some((value, expires)))))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(SendWrapper::new(self.write(key, None)))
    }
}

impl Cached {
    fn new(fresh: Duration) -> Self {
        Self {
            fresh,
            entries: HashMap::new(),
            bytes: 0,
            writes: 0,
        }
    }

    fn find(&self, key: &str, now: Timestamp) -> Option<Entry> {
        let (entry, stale) = self.entries.get(key)?;
        (now < *stale).then(|| entry.clone())
    }

    fn insert(&mut self, key: &str, entry: Entry, now: Timestamp) {
        self.forget(key);
        if self.entries.len() >= MAX_ENTRIES || self.bytes >= MAX_BYTES {
            self.entries.clear();
            self.bytes = 0;
        }
        self.bytes += size(key, &entry);
        let stale = now.checked_add(self.fresh).unwrap_or(Timestamp::MAX);
        self.entries.insert(key.to_owned(), (entry, stale));
    }

    /// What is there is about to change, or may have.
    fn remove(&mut self, key: &str) {
        self.writes += 1;
        self.forget(key);
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

/// Whatever it was, it may go better the next time: too many writes to one key, a location that
/// cannot be reached.
fn failed(error: KvError) -> StoreError {
    StoreError::Unavailable(format!("Workers KV: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Duration = Duration::from_secs(25);

    fn at(second: i64) -> Timestamp {
        time::from_second(second)
    }

    fn value(bytes: usize) -> Entry {
        Some((vec![0; bytes].into(), None))
    }

    #[test]
    fn an_entry_is_good_for_its_time_and_so_is_that_there_is_none() {
        let mut cached = Cached::new(FRESH);
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
        let mut cached = Cached::new(Duration::ZERO);
        cached.insert("a", value(1), at(100));
        assert_eq!(cached.find("a", at(100)), None);
    }

    #[test]
    fn a_write_makes_reads_that_are_under_way_old() {
        let mut cached = Cached::new(FRESH);
        let before = cached.writes;
        cached.remove("a");
        assert_ne!(cached.writes, before);
    }

    #[test]
    fn the_cache_is_bounded_by_entries_and_bytes() {
        let mut cached = Cached::new(FRESH);
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
