use bytes::{Bytes, BytesMut};
use futures_util::{FutureExt, StreamExt, TryStreamExt, future, stream};
use openclaw_core::{
    Blob, BoxFuture, ByteStream, Result, StoreError,
    blob::{BlobSource, MAX_LISTED, ensure_key},
};
use parking_lot::Mutex;
use std::{collections::BTreeMap, ops::Range};

/// [`Blob`] in memory.
#[derive(Debug, Default)]
pub struct MemoryBlob(Mutex<BTreeMap<String, Bytes>>);

impl MemoryBlob {
    /// The keys that are there.
    pub fn keys(&self) -> Vec<String> {
        self.0.lock().keys().cloned().collect()
    }

    fn find(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        ensure_key(key)?;
        Ok(self.0.lock().get(key).cloned())
    }
}

/// `range` of `whole`; a fault where it is outside or empty.
fn slice(whole: &Bytes, range: Range<u64>) -> Result<Bytes, StoreError> {
    let within = range.start < range.end && range.end <= whole.len() as u64;
    if !within {
        return Err(StoreError::Fault("a range outside of the blob".into()));
    }
    Ok(whole.slice(range.start as usize..range.end as usize))
}

impl Blob for MemoryBlob {
    fn put<'a>(&'a self, key: &'a str, mut source: BlobSource<'a>) -> BoxFuture<'a, Result<u64>> {
        async move {
            ensure_key(key)?;
            let mut whole = BytesMut::new();
            while let Some(piece) = source.try_next().await? {
                whole.extend_from_slice(&piece);
            }
            let size = whole.len() as u64;
            self.0.lock().insert(key.to_owned(), whole.freeze());
            Ok(size)
        }
        .boxed()
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<ByteStream>, StoreError>> {
        let found = self.find(key).and_then(|found| {
            let part = |whole: Bytes| match range {
                None => Ok(whole),
                Some(range) => slice(&whole, range),
            };
            found.map(part).transpose()
        });
        let found =
            found.map(|found| found.map(|bytes| stream::once(future::ready(Ok(bytes))).boxed()));
        future::ready(found).boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        let found = self.find(key);
        future::ready(found.map(|found| found.map(|bytes| bytes.len() as u64))).boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            ensure_key(key)?;
            self.0.lock().remove(key);
            Ok(())
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        async move {
            ensure_key(prefix)?;
            let start = format!("{prefix}/");
            let blobs = self.0.lock();
            let keys = blobs.keys().filter(|key| key.starts_with(&start));
            Ok(keys.take(MAX_LISTED).cloned().collect())
        }
        .boxed()
    }
}
