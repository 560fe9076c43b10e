use crate::Env;
use crate::{WorkerClock, glue};
use bytes::Bytes;
use js_sys::{Array, Promise, Uint8Array};
use openclaw_core::{
    BoxFuture, Clock, Kv, StoreError, Timestamp,
    cache::{Cache, Entry},
    time,
};
use send_wrapper::SendWrapper;
use std::{cell::RefCell, sync::Arc, time::Duration};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Seconds for which a location may answer from its own copy: the least KV takes.
const LOCATION_CACHE: u32 = 30;

/// KV takes no expiry that is nearer than 60 s; what goes earlier is only filtered.
const NEAREST_EXPIRY: i64 = 90;

/// A namespace of Workers KV.
pub struct Namespace(SendWrapper<JsValue>);

/// What KV says of an entry: its value, and when it expires, in microseconds.
type Found = (Bytes, Option<f64>);

impl Namespace {
    /// The one behind `binding`; `None` where the Worker has none of that name.
    pub fn bound(env: &Env, binding: &str) -> Option<Self> {
        glue::bound(env, binding).map(|namespace| Self(SendWrapper::new(namespace)))
    }

    /// The value under `key`, perhaps from the location's own copy.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Found>, StoreError> {
        let found = ended(glue::kv_get(&self.0, key, LOCATION_CACHE)).await?;
        if found.is_undefined() {
            return Ok(None);
        }
        let found: Array = found.unchecked_into();
        let value = Uint8Array::new(&found.get(0)).to_vec();
        Ok(Some((value.into(), found.get(1).as_f64())))
    }

    async fn put(
        &self,
        key: &str,
        value: &[u8],
        expires: Option<f64>,
        expiration: Option<f64>,
    ) -> Result<(), StoreError> {
        let value = Uint8Array::from(value);
        ended(glue::kv_put(&self.0, key, &value, expires, expiration))
            .await
            .map(drop)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        ended(glue::kv_delete(&self.0, key)).await.map(drop)
    }
}

/// Whatever went wrong, it may go better the next time: too many writes to one key, a location that
/// cannot be reached.
async fn ended(call: Result<Promise, JsValue>) -> Result<JsValue, StoreError> {
    let ended = match call {
        Ok(call) => JsFuture::from(call).await,
        Err(error) => Err(error),
    };
    ended.map_err(|error| StoreError::Unavailable(format!("Workers KV: {}", glue::thrown(&error))))
}

/// [`Kv`] on Workers KV behind a cache in the isolate.
///
/// A read is stale by at most the cache's time (25 s by default) and the 30 s of the location's
/// own cache: 55 s in all. What this isolate writes it sees at once. Values stand in KV as they
/// are, so that the dashboard and wrangler can show and write them; the exact expiry stands in the
/// metadata, and KV drops what has expired where it takes that expiry.
pub struct WorkersKv {
    store: Namespace,
    clock: Arc<dyn Clock>,
    cached: SendWrapper<RefCell<Cache>>,
}

impl WorkersKv {
    /// The store behind a binding. `clock` says what has expired, an entry is read again when it
    /// is older than `fresh`: at most 30 s, or a read may be staler than the port allows.
    pub fn new(store: Namespace, clock: Arc<dyn Clock>, fresh: Duration) -> Self {
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
        let found = self.store.get(key).await?;
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
            return self.store.delete(key).await;
        };
        // By KV's own clock, not by the port's.
        let nearest = WorkerClock.now().as_second().saturating_add(NEAREST_EXPIRY);
        let expiration = expires.map(|expires| expires.as_second().saturating_add(1));
        let expiration = expiration.filter(|expiration| *expiration > nearest);
        let expires = expires.map(|expires| expires.as_microsecond() as f64);
        let expiration = expiration.map(|seconds| seconds as f64);
        self.store.put(key, value, expires, expiration).await
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
