use super::{Shared, durable::Wake, rows};
use crate::{
    database::{is_busy, store_error},
    sweep::Sweep,
};
use std::{
    io,
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What nobody waits for is written this late.
const LATEST: Duration = Duration::from_secs(1);

/// Between two pieces of the search for what has expired.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Rows written after which the write-ahead log is moved into the file: some 10 MiB of it.
const CHECKPOINT_ROWS: usize = 4000;

/// Starts the thread that writes what nobody else does, and keeps the file in order.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("ledger".into())
        .spawn(move || run(&shared))
}

fn run(shared: &Shared) {
    let (mut sweep, mut swept) = (Sweep::default(), Instant::now());
    loop {
        let wake = shared.progress.wait(LATEST);
        shared.write_in_turn();
        if wake == Wake::Close {
            return;
        }
        if shared.rows.load(Ordering::Relaxed) >= CHECKPOINT_ROWS {
            shared.rows.store(0, Ordering::Relaxed);
            warn("checkpoint", shared.database.checkpoint());
        }
        if swept.elapsed() >= SWEEP_EVERY {
            swept = Instant::now();
            warn("sweep", sweep.go_on(&shared.database, shared.clock.now()));
        }
    }
}

/// For what is tried again later.
fn warn<T>(what: &str, result: rusqlite::Result<T>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the ledger's {what} failed");
    }
}

impl Shared {
    /// Writes everything that is dirty, on the caller's thread, unless that would mean waiting:
    /// then the writing thread does.
    pub(super) fn write_in_place(&self) {
        if let Some(writing) = self.writing.try_lock() {
            self.write(|work| self.database.try_write(work).transpose());
            drop(writing);
        }
        if self.rows.load(Ordering::Relaxed) >= CHECKPOINT_ROWS {
            self.progress.wake_writer();
        } else {
            self.progress.hand_over();
        }
    }

    /// Writes everything that is dirty, however long others are in the way.
    fn write_in_turn(&self) {
        let _writing = self.writing.lock();
        self.write(|work| {
            loop {
                match self.database.write(&mut *work) {
                    Err(error) if is_busy(&error) => {
                        tracing::warn!("another process keeps the database locked; waiting on");
                    }
                    result => return Some(result),
                }
            }
        });
    }

    /// Lets `commit` write everything that is dirty and tells who waits for it; nobody is told
    /// where it returns `None`. For the holder of `writing`.
    fn write(&self, commit: impl FnOnce(&mut Work<'_>) -> Option<rusqlite::Result<usize>>) {
        let (batch, sequence) = self.state.lock().overlay.take();
        let result = if batch.is_empty() {
            Some(Ok(0))
        } else {
            commit(&mut |transaction| rows::write(transaction, &batch))
        };
        // The overlay's hold is the last one: it frees the batch.
        drop(batch);
        match &result {
            Some(Ok(_)) => self.state.lock().overlay.landed(),
            Some(Err(_)) | None => self.state.lock().overlay.failed(),
        }
        match result {
            Some(Ok(rows)) => {
                self.rows.fetch_add(rows, Ordering::Relaxed);
                self.progress.report(sequence, Ok(()));
            }
            Some(Err(error)) => {
                tracing::error!(%error, "the ledger was not written; it will be tried again");
                self.progress.report(sequence, Err(store_error(error)));
            }
            None => {}
        }
    }
}

type Work<'a> = dyn FnMut(&rusqlite::Transaction<'_>) -> rusqlite::Result<usize> + 'a;
