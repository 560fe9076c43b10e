use bytes::Bytes;
use openclaw_core::{
    BoxFuture, Clock, Kv, StoreError, Timestamp,
    cache::{Cache, Entry},
    time,
};
use send_wrapper::SendWrapper;
use std::{cell::RefCell, sync::Arc, time::Duration};
use worker::kv::{KvError, KvStore};

/// Seconds for which a location may answer from its own copy: the least KV takes.
const LOCATION_CACHE: u64 = 30;

/// KV takes no expiry that is nearer than 60 s; what goes earlier is only filtered.
const NEAREST_EXPIRY: i64 = 90;

/// [`Kv`] on Workers KV behind a cache in the isolate.
///
/// A read is stale by at most the cache's time (25 s by default) and the 30 s of the location's
/// own cache: 55 s in all. What this isolate writes it sees at once. Values stand in KV as they
/// are, so that the dashboard and wrangler can show and write them; the exact expiry stands in the
/// metadata, and KV drops what has expired where it takes that expiry.
pub struct WorkersKv {
    store: KvStore,
    clock: Arc<dyn Clock>,
    cached: SendWrapper<RefCell<Cache>>,
}

impl WorkersKv {
    /// The store behind a binding. `clock` says what has expired, an entry is read again when it
    /// is older than `fresh`: at most 30 s, or a read may be staler than the port allows.
    pub fn new(store: KvStore, clock: Arc<dyn Clock>, fresh: Duration) -> Self {
        Self {
            store,
            clock,
            cached: SendWrapper::new(RefCell::new(Cache::new(fresh))),
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
        let writes = self.cached.borrow().writes();
        let found = self.store.get(key).cache_ttl(LOCATION_CACHE);
        let (value, expires) = found.bytes_with_metadata::<i64>().await.map_err(failed)?;
        let entry = value.map(|value| (value.into(), expires.map(time::from_microsecond)));
        let mut cached = self.cached.borrow_mut();
        if cached.writes() == writes {
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

/// Whatever it was, it may go better the next time: too many writes to one key, a location that
/// cannot be reached.
fn failed(error: KvError) -> StoreError {
    StoreError::Unavailable(format!("Workers KV: {error}"))
}
