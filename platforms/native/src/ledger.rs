mod durable;
mod journal;
mod overlay;
mod record;
mod rows;
#[cfg(test)]
mod tests;
mod writer;

use crate::{Database, OpenError, ServerLock, database::store_error};
use futures_util::{FutureExt, future};
use openclaw_core::{
    BoxFuture, Clock, Ledger, StoreError,
    ledger::{Applied, Durable, Evaluation, Item, Outcome, Step, evaluate},
    queue::{JOBS, JobState},
};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::{
    io,
    sync::{Arc, OnceLock},
    thread::JoinHandle,
};

use durable::{Goal, Progress, Reached};
use journal::Journal;
use overlay::Overlay;
use record::Entry;
use writer::Log;

pub use rows::Leftover;
pub(crate) use rows::jobs;

/// Told of each job that is stored (its state) or removed (`None`), by account and key, in the order of
/// the transactions. It must not call the ledger.
pub(crate) type JobWatch = Box<dyn Fn(&str, &str, Option<JobState>) + Send + Sync>;

/// [`Ledger`] on SQLite, written behind.
///
/// A transaction is evaluated and applied in memory, in an overlay over SQLite that is the truth
/// for this process, and is done without waiting for anything.
///
/// For a server ([`for_server`](Self::for_server)) a journal makes it durable: the first who
/// waits for its [`Durable`], after every other task that is ready has had its turn, appends
/// everything that has gathered, with one `write` (and, with `Durability::Power`, an `fdatasync`
/// by the ledger's thread, for all who wait meanwhile). Without `Durability::Power` a power cut
/// may lose the last seconds, and leave counters and documents of these seconds at odds.
/// SQLite is brought up to date behind that, by the ledger's thread: a quarter second later, when
/// the journal grows long, before a [`query`](Ledger::query), at the end. What is put and deleted
/// in between is never written there, and many additions to one counter are one row. What a
/// killed server left in its journal the next one takes up when it opens.
///
/// A command-line tool ([`new`](Self::new)) has no journal: its `Durable` resolves when SQLite
/// has the transaction. It may write documents into the file of a running server, and they are
/// seen there: documents are only held until SQLite has them. It sees the server's a quarter
/// second late, and if both write the same document within that time, the server's stays. So it
/// is where a server was killed, until the next has started. Counters are held in the server for
/// good: a tool leaves them alone.
///
/// Reads that miss the overlay go to SQLite in place: a few microseconds once its pages are in
/// memory. What a transaction looked for and did not find counts as absent for a quarter second.
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
    /// Held from the look at what is dirty until it is appended. Never asked for with `state`
    /// held.
    log: Mutex<Log>,
    commits: Commits,
    clock: Arc<dyn Clock>,
    database: Arc<Database>,
    watch: OnceLock<JobWatch>,
}

/// Who makes a transaction durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Commits {
    /// Whoever waits for it, with a write to the journal that does not wait for the disk.
    InPlace,
    /// The ledger's thread, with a write to the journal that does.
    OnThread,
    /// The ledger's thread, with a commit of SQLite.
    InSqlite,
}

struct State {
    overlay: Overlay,
    /// Under the same lock, so that an item cannot move from the overlay into the file between
    /// two looks.
    reader: Connection,
}

impl SqliteLedger {
    /// A command-line tool's ledger in `database`; `clock` says what has expired.
    pub fn new(database: Arc<Database>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::start(database, clock, None)
    }

    /// The ledger of the server that holds `lock`, in the `database` of its folder; `clock` says
    /// what has expired. First moves what the last server left in its journal into the database.
    pub fn for_server(
        lock: &ServerLock,
        database: Arc<Database>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let folder = lock.folder().path();
        let replay = |left: Vec<Entry>| {
            let written = database.write(|transaction| rows::write(transaction, &left));
            written.map(|_| ()).map_err(io::Error::other)
        };
        let journal = Journal::open(folder, database.durability(), replay);
        let journal = journal.map_err(OpenError::io(folder))?;
        Self::start(database, clock, Some(journal))
    }

    fn start(
        database: Arc<Database>,
        clock: Arc<dyn Clock>,
        journal: Option<Journal>,
    ) -> Result<Self, OpenError> {
        let commits = match &journal {
            None => Commits::InSqlite,
            Some(journal) if journal.waits() => Commits::OnThread,
            Some(_) => Commits::InPlace,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                overlay: Overlay::default(),
                reader: database.reader()?,
            }),
            progress: Progress::default(),
            log: Mutex::new(Log::new(journal)),
            commits,
            clock,
            database,
            watch: OnceLock::new(),
        });
        let writer =
            writer::start(shared.clone()).map_err(OpenError::io(shared.database.path()))?;
        Ok(Self {
            shared,
            writer: Some(writer),
        })
    }

    /// Resolves once SQLite has everything that was applied before the call.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let sequence = self.shared.state.lock().overlay.sequence();
        Reached::new(self.shared.clone(), Goal::Stored, sequence).await
    }

    /// Changes that were applied and are not in SQLite yet: the journal has them, or is about to.
    pub fn unwritten(&self) -> usize {
        self.shared.state.lock().overlay.unwritten()
    }

    /// The accounts that hold such an item, expired or not; in order. Costs as much as there are of them, however
    /// many accounts and keys there are.
    pub async fn accounts_with(&self, leftover: Leftover) -> Result<Vec<String>, StoreError> {
        self.flush().await?;
        self.read(move |reader| rows::accounts_with(reader, leftover))
            .await
    }

    /// Has `watch` told of jobs from now on. The first who asks has it for good.
    pub(crate) fn watch_jobs(&self, watch: JobWatch) {
        if self.shared.watch.set(watch).is_err() {
            tracing::error!("a ledger has two queues: the second is told nothing");
        }
    }

    /// Runs `read` on a connection of its own, where it may take its time.
    pub(crate) async fn read<T: Send + 'static>(
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

    /// In place, as a transaction looks at its items: nothing need be written for it.
    fn get<'a>(
        &'a self,
        account: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Item>, StoreError>> {
        let now = self.shared.clock.now();
        let State { overlay, reader } = &mut *self.shared.state.lock();
        let found = match overlay.find(account, key, now) {
            Some(known) => Ok(known),
            None => rows::find(reader, account, key).map_err(store_error),
        };
        let live = found.map(|item| item.filter(|item| item.is_live(now)));
        future::ready(live).boxed()
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
        if let Some(known) = overlay.find(account, key, now) {
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
    let watch = shared.watch.get();
    let jobs = watch.map(|_| changed_jobs(&writes)).unwrap_or_default();
    let is_written = |key: &String| writes.iter().any(|(written, _)| written == key);
    for key in missing.iter().filter(|key| !is_written(key)) {
        overlay.absent(account, key, now);
    }
    let sequence = overlay.apply(account, writes, &missing);
    if let Some(watch) = watch {
        // Before the next transaction, so that nobody is told in another order.
        for (key, state) in jobs {
            watch(account, &key, state);
        }
    }
    Ok(Outcome::Applied(Applied {
        values,
        durable: Durable::after(Reached::new(shared.clone(), Goal::Durable, sequence)),
    }))
}

fn changed_jobs(writes: &[(String, Option<Item>)]) -> Vec<(String, Option<JobState>)> {
    let jobs = writes.iter().filter(|(key, _)| key.starts_with(JOBS));
    jobs.map(|(key, item)| {
        let document = item.as_ref().and_then(Item::document);
        (
            key.clone(),
            document.and_then(|bytes| JobState::read(bytes).ok()),
        )
    })
    .collect()
}
