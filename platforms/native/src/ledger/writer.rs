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
pub(super) fn start(database: Arc<Database>, shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let writer = Writer {
        database,
        shared,
        swept: Instant::now(),
    };
    thread::Builder::new()
        .name("ledger".into())
        .spawn(move || writer.run())
}

struct Writer {
    database: Arc<Database>,
    shared: Arc<Shared>,
    swept: Instant,
}

impl Writer {
    fn run(mut self) {
        loop {
            let wake = self.shared.progress.wait(LATEST);
            self.write();
            if wake == Wake::Close {
                return;
            }
            if self.swept.elapsed() >= SWEEP_EVERY {
                self.sweep();
            }
        }
    }

    /// Writes everything that is dirty and tells who waits for it.
    fn write(&self) {
        let (batch, sequence) = self.shared.state.lock().overlay.take();
        let result = if batch.is_empty() {
            Ok(())
        } else {
            self.commit(|transaction| rows::write(transaction, &batch))
        };
        // The overlay's hold is the last one: it frees the batch.
        drop(batch);
        let overlay = &mut self.shared.state.lock().overlay;
        match &result {
            Ok(()) => overlay.landed(),
            Err(error) => {
                tracing::error!(%error, "the ledger could not be written; it will be tried again");
                overlay.failed();
            }
        }
        self.shared
            .progress
            .report(sequence, result.map_err(store_error));
    }

    /// Removes what has expired, in pieces, so that nobody waits long for a write behind it.
    fn sweep(&mut self) {
        self.swept = Instant::now();
        let now = self.shared.clock.now();
        let swept = self.commit(|transaction| rows::sweep(transaction, now, SWEEP_ROWS));
        match swept {
            // More than a piece: go on after the next batch.
            Ok(rows) if rows >= SWEEP_ROWS => self.swept -= SWEEP_EVERY,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "expired items could not be removed"),
        }
    }

    /// One transaction, tried until no other process is in its way.
    fn commit<T>(
        &self,
        work: impl Fn(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        loop {
            match self.database.write(&work) {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                    tracing::warn!("another process holds the database's write lock; waiting on");
                }
                result => return result,
            }
        }
    }
}
