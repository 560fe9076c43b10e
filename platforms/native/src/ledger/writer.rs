use super::{Shared, durable::Wake, rows};
use crate::{Database, database::store_error};
use rusqlite::ErrorCode;
use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What nobody waits for is written this late.
const LATEST: Duration = Duration::from_secs(1);

/// Between two removals of what has expired, and the rows one transaction removes.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_ROWS: usize = 1000;

/// Starts the thread that writes behind.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("ledger".into())
        .spawn(move || run(&shared))
}

fn run(shared: &Shared) {
    let mut swept = Instant::now();
    loop {
        let wake = shared.progress.wait(LATEST);
        let writing = shared.writing.lock();
        shared.write();
        if wake == Wake::Close {
            return;
        }
        drop(writing);
        if swept.elapsed() >= SWEEP_EVERY && shared.sweep() {
            swept = Instant::now();
        }
    }
}

impl Shared {
    /// Writes on the caller's thread, unless somebody is writing: then the writing thread goes
    /// on behind them.
    pub(super) fn write_in_place(&self) {
        let Some(writing) = self.writing.try_lock() else {
            return;
        };
        self.write();
        drop(writing);
        self.progress.hand_over();
    }

    /// Writes everything that is dirty and tells who waits for it. For the holder of `writing`.
    fn write(&self) {
        let (batch, sequence) = self.state.lock().overlay.take();
        let result = if batch.is_empty() {
            Ok(())
        } else {
            commit(&self.database, |transaction| {
                rows::write(transaction, &batch)
            })
        };
        // The overlay's hold is the last one: it frees the batch.
        drop(batch);
        let mut state = self.state.lock();
        match &result {
            Ok(()) => state.overlay.landed(),
            Err(error) => {
                tracing::error!(%error, "the ledger could not be written; it will be tried again");
                state.overlay.failed();
            }
        }
        drop(state);
        self.progress.report(sequence, result.map_err(store_error));
    }

    /// Removes a piece of what has expired, so that nobody waits long for a write behind it;
    /// whether that was all.
    fn sweep(&self) -> bool {
        let now = self.clock.now();
        let swept = commit(&self.database, |transaction| {
            rows::sweep(transaction, now, SWEEP_ROWS)
        });
        match swept {
            Ok(rows) => rows < SWEEP_ROWS,
            Err(error) => {
                tracing::warn!(%error, "expired items could not be removed");
                true
            }
        }
    }
}

/// One transaction, tried until no other process is in its way.
fn commit<T>(
    database: &Database,
    work: impl Fn(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    loop {
        match database.write(&work) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                tracing::warn!("another process holds the database's write lock; waiting on");
            }
            result => return result,
        }
    }
}
