mod layout;
mod read;
mod stale;
mod transact;
mod write;

use aws_sdk_dynamodb::Client;
use futures_util::FutureExt;
use layout::Snapshot;
pub(crate) use layout::{document_of, job_key};
use openclaw_core::{
    BoxFuture, Clock, Ledger, Spawn, StoreError,
    ledger::{Item, Outcome, Step},
};
use openclaw_usage::{has_overdue, settle_orphans};
use stale::StaleItems;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};
use write::Write;

/// [`Ledger`] on a DynamoDB table with the partition key `a` (account) and the sort key `k`.
///
/// - All parts of a key (`gate#…`) are one item of the table. A transaction on one item is one
///   `UpdateItem` that gives back the counters; on several, one `TransactWriteItems`, which does not.
///   Neither reads before it writes: what steps demand are the conditions, and where those are not
///   met, DynamoDB shows what is there.
/// - Accounts are partitions: busy ones do not meet. Within one, an item takes about a thousand
///   writes a second, fewer where transactions meet on it. What is refused for that is repeated for
///   5 s, with a pause that grows, and is [`StoreError::Unavailable`] then.
/// - A write whose answer was lost is repeated only where it can be recognised: by its token, or by
///   a document of its own. Any other is [`StoreError::Unavailable`], and may have been done.
/// - An item has at most 400 KB: an account has at most about a thousand unsettled requests.
/// - Parts that have expired are removed along with a later write to their item.
/// - Where an item shows reservations whose lease has ended, they are settled: nobody else does it,
///   and it costs nothing while nobody calls.
#[derive(Clone)]
pub struct DynamoLedger(Arc<Inner>);

struct Inner {
    client: Client,
    table: String,
    clock: Arc<dyn Clock>,
    spawn: Arc<dyn Spawn>,
    stale: StaleItems,
    /// Accounts with overdue reservations, of which nobody has taken care yet.
    overdue: Mutex<HashSet<String>>,
}

impl DynamoLedger {
    /// On this table. `clock` says what has expired; `spawn` is where dead requests are settled.
    pub fn new(
        client: Client,
        table: String,
        clock: Arc<dyn Clock>,
        spawn: Arc<dyn Spawn>,
    ) -> Self {
        Self(Arc::new(Inner {
            client,
            table,
            clock,
            spawn,
            stale: StaleItems::default(),
            overdue: Mutex::default(),
        }))
    }

    /// Settles what was seen to be overdue, beside the request that saw it.
    fn take_care(&self, account: &str) {
        let mut overdue = self.0.overdue();
        if !overdue.remove(account) {
            return;
        }
        drop(overdue);
        let (ledger, account) = (self.clone(), account.to_owned());
        let settle = async move {
            let now = ledger.0.clock.now();
            if let Err(error) = settle_orphans(&ledger, &account, now, now).await {
                let cause = error.cause.unwrap_or_default();
                tracing::warn!(account, cause, "dead requests were not settled");
            }
        };
        self.0.spawn.spawn(settle.boxed());
    }
}

impl Inner {
    /// Notes what an item shows beyond what was asked: expired parts and overdue reservations.
    fn look_at(&self, write: &Write, snapshot: &Snapshot) {
        let now = self.clock.now();
        self.stale.note(write.account(), snapshot, now);
        if has_overdue(snapshot.items(), now) {
            self.overdue().insert(write.account().to_owned());
        }
    }

    fn overdue(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.overdue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for DynamoLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        async move {
            let done = self.0.transact(account, &steps).await;
            self.take_care(account);
            done
        }
        .boxed()
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        self.0.query(account, prefix, after, limit).boxed()
    }

    fn get<'a>(
        &'a self,
        account: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Item>, StoreError>> {
        self.0.get(account, key).boxed()
    }
}
