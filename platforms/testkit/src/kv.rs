use bytes::Bytes;
use futures_util::{FutureExt, future};
use openclaw_core::{BoxFuture, Clock, Kv, StoreError, Timestamp};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

/// [`Kv`] in memory.
pub struct MemoryKv {
    clock: Arc<dyn Clock>,
    entries: Mutex<HashMap<String, (Bytes, Option<Timestamp>)>>,
}

impl MemoryKv {
    /// An empty store; `clock` says what has expired.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            entries: Mutex::default(),
        }
    }
}

impl Kv for MemoryKv {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        let now = self.clock.now();
        let found = match self.entries.lock().get(key) {
            Some((value, expires)) if expires.is_none_or(|at| now < at) => Some(value.clone()),
            _ => None,
        };
        future::ready(Ok(found)).boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.entries.lock().insert(key.to_owned(), (value, expires));
            Ok(())
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            self.entries.lock().remove(key);
            Ok(())
        }
        .boxed()
    }
}
