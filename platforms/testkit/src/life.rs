use futures_util::{FutureExt, future::pending};
use openclaw_core::{
    Blob, BoxFuture, ByteStream, Ledger, Result, StoreError,
    blob::BlobSource,
    ledger::{Item, Outcome, Step},
};
use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// How many more operations a process does. At the last one it dies: before its effect, or after it, of
/// which it then learns nothing. What a dead process waits for never comes, so whoever runs it polls it
/// until it is done or stalled, and drops it. Clones are one life.
#[derive(Clone, Debug)]
pub struct Life {
    left: Arc<AtomicI64>,
    dies_after: bool,
}

impl Life {
    /// Of so many operations; the last one has its effect where `dies_after`.
    pub fn of(operations: i64, dies_after: bool) -> Self {
        Self {
            left: Arc::new(AtomicI64::new(operations)),
            dies_after,
        }
    }

    /// Without an end.
    pub fn long() -> Self {
        Self::of(i64::MAX, false)
    }

    /// What `operation` gives, unless the process is dead by then.
    pub async fn lives<T>(&self, operation: impl Future<Output = T>) -> T {
        let left = self.left.fetch_sub(1, Ordering::SeqCst);
        if left < 1 || (left == 1 && !self.dies_after) {
            return pending().await;
        }
        let made = operation.await;
        if left == 1 {
            return pending().await;
        }
        made
    }
}

/// A ledger as a process sees it that may die at each operation.
pub struct MortalLedger {
    /// The process's.
    pub life: Life,
    /// What outlives it.
    pub ledger: Arc<dyn Ledger>,
}

impl Ledger for MortalLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        async move { self.life.lives(self.ledger.transact(account, steps)).await }.boxed()
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        async move {
            let found = self.ledger.query(account, prefix, after, limit);
            self.life.lives(found).await
        }
        .boxed()
    }
}

/// Blobs as a process sees them that may die at each operation.
pub struct MortalBlob {
    /// The process's.
    pub life: Life,
    /// What outlives it.
    pub blob: Arc<dyn Blob>,
}

impl Blob for MortalBlob {
    fn put<'a>(&'a self, key: &'a str, source: BlobSource<'a>) -> BoxFuture<'a, Result<u64>> {
        async move { self.life.lives(self.blob.put(key, source)).await }.boxed()
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<ByteStream>, StoreError>> {
        async move { self.life.lives(self.blob.get(key, range)).await }.boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        async move { self.life.lives(self.blob.head(key)).await }.boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move { self.life.lives(self.blob.delete(key)).await }.boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        async move { self.life.lives(self.blob.list(prefix)).await }.boxed()
    }
}
