use crate::retry::retry;
use aws_sdk_dynamodb::{Client, primitives::Blob, types::AttributeValue};
use bytes::Bytes;
use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Clock, Kv, StoreError, Timestamp,
    cache::{Cache, Entry},
    time,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const KEY: &str = "k";
const VALUE: &str = "v";
/// The exact expiry, in Unix microseconds.
const EXPIRES: &str = "e";
/// When DynamoDB may remove the item, in Unix seconds: never before it has expired.
const TTL: &str = "ttl";

/// [`Kv`] on a DynamoDB table, with a cache in the process.
///
/// Reads are eventually consistent and good for the cache's time (55 s by default): stale by less
/// than 60 s in all. What this process writes it sees at once. The table has the partition key
/// `k` (text); an item holds `v` (bytes) and, where it expires, `e` (µs, exact) and `ttl` (s).
/// DynamoDB removes what has expired days later; until then it is filtered here.
pub struct DynamoKv {
    client: Client,
    table: String,
    clock: Arc<dyn Clock>,
    cached: Mutex<Cache>,
}

impl DynamoKv {
    /// The store in `table`. `clock` says what has expired, an entry is read again when it is
    /// older than `fresh`: at most 55 s, or a read may be staler than the port allows.
    pub fn new(client: Client, table: String, clock: Arc<dyn Clock>, fresh: Duration) -> Self {
        Self {
            client,
            table,
            clock,
            cached: Mutex::new(Cache::new(fresh)),
        }
    }

    /// Never held over an await. A panic elsewhere leaves a cache that is whole.
    fn cached(&self) -> MutexGuard<'_, Cache> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let now = self.clock.now();
        let known = self.cached().find(key, now);
        let entry = match known {
            Some(entry) => entry,
            None => self.load(key, now).await?,
        };
        Ok(entry
            .filter(|(_, expires)| expires.is_none_or(|expires| now < expires))
            .map(|(value, _)| value))
    }

    async fn load(&self, key: &str, now: Timestamp) -> Result<Entry, StoreError> {
        let writes = self.cached().writes();
        let get = self.client.get_item().table_name(&self.table);
        let get = get.key(KEY, text(key));
        let found = retry(&*self.clock, || get.clone().send()).await?;
        let entry = found.item.map(entry).transpose()?;
        let mut cached = self.cached();
        if cached.writes() == writes {
            cached.insert(key, entry.clone(), now);
        }
        Ok(entry)
    }

    async fn write(&self, key: &str, entry: Entry) -> Result<(), StoreError> {
        self.cached().remove(key);
        let written = self.store(key, entry.as_ref()).await;
        let mut cached = self.cached();
        cached.remove(key);
        // After an error it may have been written all the same.
        if written.is_ok() {
            cached.insert(key, entry, self.clock.now());
        }
        written
    }

    async fn store(
        &self,
        key: &str,
        entry: Option<&(Bytes, Option<Timestamp>)>,
    ) -> Result<(), StoreError> {
        let Some((value, expires)) = entry else {
            let delete = self.client.delete_item().table_name(&self.table);
            let delete = delete.key(KEY, text(key));
            retry(&*self.clock, || delete.clone().send()).await?;
            return Ok(());
        };
        let put = self.client.put_item().table_name(&self.table);
        let mut put = put
            .item(KEY, text(key))
            .item(VALUE, AttributeValue::B(Blob::new(value.to_vec())));
        if let Some(expires) = expires {
            put = put
                .item(EXPIRES, number(expires.as_microsecond()))
                .item(TTL, number(expires.as_second().saturating_add(1)));
        }
        retry(&*self.clock, || put.clone().send()).await?;
        Ok(())
    }
}

impl Kv for DynamoKv {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.read(key).boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.write(key, Some((value, expires))).boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.write(key, None).boxed()
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn entry(
    mut item: HashMap<String, AttributeValue>,
) -> Result<(Bytes, Option<Timestamp>), StoreError> {
    let odd = || StoreError::Fault("an item of the kv table has no bytes under v".into());
    let Some(AttributeValue::B(value)) = item.remove(VALUE) else {
        return Err(odd());
    };
    let expires = match item.remove(EXPIRES) {
        Some(AttributeValue::N(expires)) => Some(expires.parse().map_err(|_| odd())?),
        _ => None,
    };
    Ok((
        value.into_inner().into(),
        expires.map(time::from_microsecond),
    ))
}
