use crate::{
    Database, OpenError,
    database::{column, describe, store_error, timestamp},
};
use bytes::Bytes;
use futures_util::{FutureExt, future};
use openclaw_core::{BoxFuture, Clock, Kv, StoreError, Timestamp, cache::BoundedCache};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a look at whether the file has changed is good for.
const FRESH: Duration = Duration::from_millis(50);

/// The bound of the cache.
const MAX_BYTES: usize = 32 << 20;

/// [`Kv`] on SQLite behind a cache in the process.
///
/// A change made through this value is seen at once, one made by another process within 50 ms.
/// Reads that miss the cache go to SQLite in place: a few microseconds once its pages are in
/// memory.
pub struct SqliteKv {
    database: Arc<Database>,
    clock: Arc<dyn Clock>,
    /// Reads and cache behind one lock: what was read before a write never lands in the cache
    /// after it.
    cached: Arc<Mutex<Cached>>,
}

type Entry = Option<(Bytes, Option<Timestamp>)>;

struct Cached {
    reader: Connection,
    /// Changes whenever another connection has committed.
    version: i64,
    looked: Instant,
    entries: BoundedCache<String, Entry>,
}

impl SqliteKv {
    /// The store in `database`; `clock` says what has expired.
    pub fn new(database: Arc<Database>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let reader = database.reader()?;
        let version = data_version(&reader).map_err(|error| describe(database.path(), error))?;
        let cached = Cached {
            reader,
            version,
            looked: Instant::now(),
            entries: BoundedCache::new(MAX_BYTES, |key, entry| size(key, entry)),
        };
        Ok(Self {
            database,
            clock,
            cached: Arc::new(Mutex::new(cached)),
        })
    }

    fn read(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        let entry = self.cached.lock().find(key).map_err(store_error)?;
        let now = self.clock.now();
        Ok(entry
            .filter(|(_, expires)| expires.is_none_or(|expires| now < expires))
            .map(|(value, _)| value))
    }

    /// Writes off the caller's thread: a commit may wait for another process or for the disk.
    fn write(&self, key: String, entry: Entry) -> BoxFuture<'static, Result<(), StoreError>> {
        let (database, cached) = (self.database.clone(), self.cached.clone());
        async move {
            let written = tokio::task::spawn_blocking(move || {
                store(&database, &key, entry.as_ref()).map_err(store_error)?;
                // Not the new value: two writers may pass each other on the way here.
                cached.lock().entries.remove(&key);
                Ok(())
            });
            match written.await {
                Ok(result) => result,
                Err(panicked) => Err(StoreError::Fault(panicked.to_string())),
            }
        }
        .boxed()
    }
}

impl Kv for SqliteKv {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        future::ready(self.read(key)).boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.write(key.to_owned(), Some((value, expires)))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.write(key.to_owned(), None)
    }
}

impl Cached {
    fn find(&mut self, key: &str) -> rusqlite::Result<Entry> {
        if self.looked.elapsed() >= FRESH {
            self.look()?;
        }
        if let Some(entry) = self.entries.get(key) {
            return Ok(entry.clone());
        }
        let entry = load(&self.reader, key)?;
        self.entries.insert(key.to_owned(), entry.clone());
        Ok(entry)
    }

    /// Drops everything when anyone else has written, the ledger included: reading a key again
    /// every 50 ms costs less than knowing better.
    fn look(&mut self) -> rusqlite::Result<()> {
        let version = data_version(&self.reader)?;
        if version != self.version {
            self.version = version;
            self.entries.clear();
        }
        self.looked = Instant::now();
        Ok(())
    }
}

fn size(key: &str, entry: &Entry) -> usize {
    key.len() + entry.as_ref().map_or(0, |(value, _)| value.len())
}

fn data_version(reader: &Connection) -> rusqlite::Result<i64> {
    reader
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))
}

fn load(reader: &Connection, key: &str) -> rusqlite::Result<Entry> {
    reader
        .prepare_cached("SELECT value, expires FROM kv WHERE key = ?1")?
        .query_row([key], |row| {
            let expires: Option<i64> = row.get(1)?;
            Ok((
                Bytes::from(row.get::<_, Vec<u8>>(0)?),
                expires.map(timestamp),
            ))
        })
        .optional()
}

fn store(
    database: &Database,
    key: &str,
    entry: Option<&(Bytes, Option<Timestamp>)>,
) -> rusqlite::Result<()> {
    database.write(|transaction| {
        match entry {
            Some((value, expires)) => transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO kv (key, value, expires) VALUES (?1, ?2, ?3)",
                )?
                .execute((key, &value[..], expires.map(column)))?,
            None => transaction
                .prepare_cached("DELETE FROM kv WHERE key = ?1")?
                .execute([key])?,
        };
        Ok(())
    })
}
