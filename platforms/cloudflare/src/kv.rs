use crate::clock::now;
use bytes::Bytes;
use openclaw_core::{
    BoxFuture, Clock, Kv, StoreError, Timestamp,
    cache::{Cache, Entry},
    time,
};
use send_wrapper::SendWrapper;
use std::{cell::RefCell, sync::Arc, time::Duration};
use worker::kv::{KvError, KvStore};

/// Seconds for which a location may answer from its own copy: the least that KV takes.
const LOCATION_CACHE: u64 = 30;

/// KV takes no expiry nearer than 60 s. An entry that expires sooner is only filtered.
const NEAREST_EXPIRY: i64 = 90;

/// The value under `key` and when it expires (Unix microseconds), perhaps from the location's own copy.
pub(crate) async fn get(
    store: &KvStore,
    key: &str,
) -> Result<Option<(Bytes, Option<f64>)>, StoreError> {
    let found = store.get(key).cache_ttl(LOCATION_CACHE);
    let (value, expires) = found.bytes_with_metadata().await.map_err(failed)?;
    Ok(value.map(|value| (value.into(), expires)))
}

/// Whatever failed may succeed the next time: there were too many writes to one key, or a location
/// cannot be reached.
fn failed(error: KvError) -> StoreError {
    StoreError::Unavailable(format!("Workers KV: {}", worker::Error::from(error)))
}

/// [`Kv`] on Workers KV, with a cache in the isolate.
///
/// A read is stale by at most the cache's time (25 s by default) and the 30 s of the location's
/// own cache: 55 s in all. An isolate sees its own writes at once. KV holds the values as they are, so
/// that the dashboard and wrangler can show and write them. The metadata holds the exact expiry, and KV
/// drops an expired entry where it takes that expiry.
pub struct WorkersKv {
    store: SendWrapper<KvStore>,
    clock: Arc<dyn Clock>,
    cached: SendWrapper<RefCell<Cache>>,
}

impl WorkersKv {
    /// `clock` decides what has expired. An entry is read again when it is older than `fresh`: at most
    /// 30 s, or a read may be staler than the port allows.
    pub fn new(store: KvStore, clock: Arc<dyn Clock>, fresh: Duration) -> Self {
        Self {
            store: SendWrapper::new(store),
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
        let found = get(&self.store, key).await?;
        let entry = found.map(|(value, expires)| {
            let expires = expires.map(|micros| time::from_microsecond(micros as i64));
            (value, expires)
        });
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
            put = put
                .metadata(expires.as_microsecond() as f64)
                .map_err(failed)?;
            // By KV's own clock, not by the port's.
            let nearest = now().as_second().saturating_add(NEAREST_EXPIRY);
            let expiration = expires.as_second().saturating_add(1);
            if expiration > nearest {
                put = put.expiration(expiration.unsigned_abs());
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
