use super::{
    Commits, Shared,
    durable::{Goal, Wake},
    journal::Journal,
    record::{Entry, Record},
    rows,
};
use crate::{
    database::{is_busy, store_error},
    sweep::Sweep,
};
use openclaw_core::StoreError;
use std::{
    fmt::Display,
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How far SQLite, and whoever reads it beside the server, is behind. A request that ends within
/// it leaves no trace of its reservation in SQLite, and one row of counters is written for all
/// of it; more would not save much, and make memory and journal larger.
const MOVE_EVERY: Duration = Duration::from_millis(250);

/// Bytes in the journal after which SQLite follows at once.
const MAX_JOURNAL: u64 = 1 << 20;

/// Between two pieces of the search for what has expired.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Rows written after which the write-ahead log is moved into the file: some 10 MiB of it.
const CHECKPOINT_ROWS: usize = 4000;

/// The journal, where there is one, and the record that is written next.
pub(super) struct Log {
    journal: Option<Journal>,
    record: Record,
}

/// Starts the thread that brings SQLite up to date and keeps the file in order.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("ledger".into())
        .spawn(move || run(&shared))
}

fn run(shared: &Shared) {
    let (mut sweep, mut swept) = (Sweep::default(), Instant::now());
    let (mut moved, mut rows) = (Instant::now(), 0);
    loop {
        let wake = shared
            .progress
            .wait(MOVE_EVERY.saturating_sub(moved.elapsed()));
        let due = moved.elapsed() >= MOVE_EVERY || shared.journal_is_long();
        match wake {
            Wake::Nothing if !due => continue,
            Wake::Reach(Goal::Durable) if !due && shared.commits == Commits::OnThread => {
                // Who waits is told how it went.
                let _ = shared.append();
                continue;
            }
            _ => {}
        }
        rows += shared.bring_up_to_date();
        moved = Instant::now();
        if wake == Wake::Close {
            return;
        }
        if rows >= CHECKPOINT_ROWS {
            rows = 0;
            warn("checkpoint", shared.database.checkpoint());
        }
        if swept.elapsed() >= SWEEP_EVERY {
            swept = Instant::now();
            warn("sweep", sweep.go_on(&shared.database, shared.clock.now()));
        }
    }
}

/// For what is tried again later.
fn warn<T>(what: &str, result: Result<T, impl Display>) {
    if let Err(error) = result {
        tracing::warn!(%error, "the ledger: the {what} failed");
    }
}

impl Log {
    pub(super) fn new(journal: Option<Journal>) -> Self {
        Self {
            journal,
            record: Record::default(),
        }
    }

    /// Appends the record, if it holds anything, to the journal, if there is one: whether
    /// everything up to `sequence` is durable now.
    fn append(&mut self, sequence: u64) -> io::Result<bool> {
        let Some(journal) = &mut self.journal else {
            return Ok(false);
        };
        if let Some(record) = self.record.finish(sequence) {
            journal.append(record)?;
        }
        Ok(true)
    }

    fn record(&mut self) -> &mut Record {
        self.record.clear();
        &mut self.record
    }

    fn length(&self) -> u64 {
        self.journal.as_ref().map_or(0, Journal::length)
    }
}

impl Shared {
    /// Appends everything that is dirty to the journal, on the caller's thread, unless somebody
    /// else has come first and taken `sequence` along.
    pub(super) fn append_up_to(&self, sequence: u64) -> Result<(), StoreError> {
        let mut log = self.log.lock();
        if self.progress.has(Goal::Durable, sequence) {
            return Ok(());
        }
        let long = log.length() >= MAX_JOURNAL;
        let result = self.append_to(&mut log);
        drop(log);
        if long {
            self.progress.wake_writer();
        }
        result
    }

    fn append(&self) -> Result<(), StoreError> {
        self.append_to(&mut self.log.lock())
    }

    fn append_to(&self, log: &mut Log) -> Result<(), StoreError> {
        let sequence = self.state.lock().overlay.journal(log.record());
        self.finish(log, sequence).inspect_err(|_| {
            self.state.lock().overlay.not_appended();
        })
    }

    /// Appends the record with everything up to `sequence` and tells who waits for that.
    fn finish(&self, log: &mut Log, sequence: u64) -> Result<(), StoreError> {
        match log.append(sequence) {
            Ok(true) => self.progress.reached(Goal::Durable, sequence),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the journal was not written; it will be tried again");
                let error = StoreError::Unavailable(error.to_string());
                self.progress.failed(Goal::Durable, sequence, &error);
                self.progress.failed(Goal::Stored, sequence, &error);
                return Err(error);
            }
        }
        Ok(())
    }

    fn journal_is_long(&self) -> bool {
        self.log.lock().length() >= MAX_JOURNAL
    }

    /// Gives SQLite everything that was applied, in one transaction; how many rows.
    fn bring_up_to_date(&self) -> usize {
        let Ok((changes, sequence)) = self.take() else {
            return 0;
        };
        match self.store(&changes) {
            Ok(rows) => {
                self.state.lock().overlay.moved();
                if let Some(journal) = &mut self.log.lock().journal {
                    warn("emptying of the journal", journal.empty_other());
                }
                self.progress.reached(Goal::Durable, sequence);
                self.progress.reached(Goal::Stored, sequence);
                rows
            }
            Err(error) => {
                tracing::error!(%error, "SQLite was not written; it will be tried again");
                self.state.lock().overlay.not_moved();
                let error = store_error(error);
                self.progress.failed(Goal::Durable, sequence, &error);
                self.progress.failed(Goal::Stored, sequence, &error);
                0
            }
        }
    }

    /// What SQLite is to be given, and the last transaction in it. All of it is in the journal
    /// then, in the file that is no longer appended to: SQLite is never ahead of what would be
    /// taken up after a crash.
    fn take(&self) -> Result<(Vec<Entry>, u64), StoreError> {
        let mut log = self.log.lock();
        let (sequence, changes) = {
            let overlay = &mut self.state.lock().overlay;
            (overlay.journal(log.record()), overlay.take())
        };
        if let Err(error) = self.finish(&mut log, sequence) {
            let overlay = &mut self.state.lock().overlay;
            overlay.not_moved();
            overlay.not_appended();
            return Err(error);
        }
        if let Some(journal) = &mut log.journal {
            warn("change of journal files", journal.switch());
        }
        Ok((changes, sequence))
    }

    /// Writes to SQLite, however long others are in the way.
    fn store(&self, changes: &[Entry]) -> rusqlite::Result<usize> {
        if changes.is_empty() {
            return Ok(0);
        }
        loop {
            let written = self
                .database
                .write(|transaction| rows::write(transaction, changes));
            match written {
                Err(error) if is_busy(&error) => {
                    tracing::warn!("another process keeps the database locked; waiting on");
                }
                written => return written,
            }
        }
    }
}
