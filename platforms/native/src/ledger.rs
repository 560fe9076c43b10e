mod durable;
mod overlay;
mod rows;
#[cfg(test)]
mod tests;
mod writer;

use crate::{Database, OpenError, database::store_error};
use futures_util::{FutureExt, future};
use openclaw_core::{
    BoxFuture, Clock, Ledger, StoreError,
    ledger::{Applied, Durable, Evaluation, Item, Outcome, Step, evaluate},
};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::{
    sync::{Arc, atomic::AtomicUsize},
    thread::JoinHandle,
};

use durable::{Progress, Reached};
use overlay::Overlay;

/// [`Ledger`] on SQLite, written behind.
///
/// A transaction is evaluated and applied in memory, in an overlay over the file that is the
/// truth for this process, and is done without waiting for anything. What has gathered there is
/// written in one SQLite transaction (group commit) by the first who waits for its [`Durable`],
/// after every other task that is ready has had its turn; or, where nobody waits, by a thread of
/// the ledger a second later. What is put and deleted in between is never written, and many
/// additions to one counter are one row.
///
/// Where a commit waits for the disk (`Durability::Power`), or for another process, the thread
/// does it, so that no task's thread is held up.
///
/// Reads that miss the overlay go to SQLite in place: a few microseconds once its pages are in
/// memory.
///
/// Another process may write documents into the same file, and they are seen here: documents are
/// only held until they are written. Counters are also held afterwards, so they belong to one
/// process: the server's.
///
/// Dropping it writes what is left.
pub struct SqliteLedger {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

/// What the callers and the writing thread share.
struct Shared {
    state: Mutex<State>,
    progress: Progress,
    /// Held by whoever takes a batch and writes it: batches follow one another.
    writing: Mutex<()>,
    /// Written since the last checkpoint.
    rows: AtomicUsize,
    clock: Arc<dyn Clock>,
    database: Arc<Database>,
}

struct State {
    overlay: Overlay,
    /// Under the same lock, so that an item cannot move from the overlay into the file between
    /// two looks.
    reader: Connection,
}

impl SqliteLedger {
    /// The ledger in `database`; `clock` says what has expired. Starts the writing thread.
    pub fn new(database: Arc<Database>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                overlay: Overlay::default(),
                reader: database.reader()?,
            }),
            progress: Progress::default(),
            writing: Mutex::default(),
            rows: AtomicUsize::new(0),
            clock,
            database,
        });
        let writer =
            writer::start(shared.clone()).map_err(OpenError::io(shared.database.path()))?;
        Ok(Self {
            shared,
            writer: Some(writer),
        })
    }

    /// Resolves once everything applied before the call is durable.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let sequence = self.shared.state.lock().overlay.sequence();
        Reached::new(self.shared.clone(), sequence).await
    }

    /// The accounts that hold an item, expired or not, under `prefix`; in order.
    pub async fn accounts_with(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.flush().await?;
        let prefix = prefix.to_owned();
        self.read(move |reader| rows::accounts_with(reader, &prefix))
            .await
    }

    /// Runs `read` on a connection of its own, where it may take its time.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let database = self.shared.database.clone();
        tokio::task::spawn_blocking(move || database.read(read))
            .await
            .map_err(|panicked| StoreError::Fault(panicked.to_string()))?
            .map_err(store_error)
    }
}

impl Ledger for SqliteLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        future::ready(transact(&self.shared, account, steps)).boxed()
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        async move {
            self.flush().await?;
            let range = rows::Range {
                account: account.to_owned(),
                prefix: prefix.to_owned(),
                after: after.map(str::to_owned),
                limit,
                now: self.shared.clock.now(),
            };
            self.read(move |reader| rows::query(reader, &range)).await
        }
        .boxed()
    }
}

impl Drop for SqliteLedger {
    fn drop(&mut self) {
        self.shared.progress.close();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the ledger's writing thread has panicked");
        }
    }
}

fn transact(shared: &Arc<Shared>, account: &str, steps: Vec<Step>) -> Result<Outcome, StoreError> {
    let now = shared.clock.now();
    let State { overlay, reader } = &mut *shared.state.lock();
    let mut missing = Vec::new();
    let evaluation = evaluate(steps, now, |key| {
        if let Some(known) = overlay.find(account, key) {
            return Ok(known);
        }
        let item = rows::find(reader, account, key).map_err(store_error)?;
        if item.is_none() {
            missing.push(key.to_owned());
        }
        Ok(item)
    })?;
    let (writes, values) = match evaluation {
        Evaluation::Refuse { step } => return Ok(Outcome::Refused { step }),
        Evaluation::Apply { writes, values } => (writes, values),
    };
    let sequence = overlay.apply(account, writes, &missing);
    Ok(Outcome::Applied(Applied {
        values,
        durable: Durable::after(Reached::new(shared.clone(), sequence)),
    }))
}
