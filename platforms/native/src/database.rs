use crate::OpenError;
use openclaw_core::{StoreError, Timestamp, time};
use openclaw_schema::config::Durability;
use parking_lot::Mutex;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Each migration once, in order; `user_version` counts those that are done. Never edit one that
/// was released: append.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE kv (
        key     TEXT PRIMARY KEY,
        value   BLOB NOT NULL,
        expires INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX kv_expires ON kv (expires) WHERE expires IS NOT NULL;
    CREATE TABLE items (
        account TEXT NOT NULL,
        key     TEXT NOT NULL,
        kind    INTEGER NOT NULL,
        expires INTEGER,
        value   BLOB NOT NULL,
        PRIMARY KEY (account, key)
    ) WITHOUT ROWID;
",
    // Jobs of all accounts are found without a look at other items, which pay nothing for it.
    "CREATE INDEX jobs ON items (account, key) WHERE key >= 'job/' AND key < 'job0';",
    // What a crashed server leaves: requests that were not settled, and places of its connections. The next one
    // finds them without a look at the accounts, of which there may be hundreds of thousands.
    "
    CREATE INDEX reservations ON items (account, key) WHERE key >= 'gate#r/' AND key < 'gate#r0';
    CREATE INDEX places ON items (account, key) WHERE key >= 'ws/' AND key < 'ws0';
",
];

/// How long a connection waits for another process's write to end.
const BUSY: Duration = Duration::from_secs(5);

/// Each connection's own cache: 1 MiB, which SQLite writes as negative KiB.
const CACHE_KIB: i32 = -1024;

/// Readers that are kept open while nobody uses them.
const IDLE_READERS: usize = 4;

/// Pages in the write-ahead log after which a commit moves them into the file itself, if
/// [`Database::checkpoint`] has not: far more than it lets gather.
const CHECKPOINT_PAGES: u32 = 20_000;

/// The SQLite file of a data folder: one connection that writes, as many as wanted that read.
///
/// Several processes may open the same file.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    durability: Durability,
    writer: Mutex<Connection>,
    /// Readers that are not in use.
    readers: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens the file at `path`, creating it or bringing it up to date.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, OpenError> {
        let fail = |source| describe(path, source);
        let mut writer = connect(path).map_err(fail)?;
        let synchronous = match durability {
            Durability::Process => "NORMAL",
            Durability::Power => "FULL",
        };
        writer
            .pragma_update(None, "journal_mode", "WAL")
            .and_then(|()| writer.pragma_update(None, "synchronous", synchronous))
            .and_then(|()| writer.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES))
            .map_err(fail)?;
        migrate(&mut writer, path)?;
        Ok(Self {
            path: path.to_owned(),
            durability,
            writer: Mutex::new(writer),
            readers: Mutex::default(),
        })
    }

    /// Writes a consistent copy of everything to the new file at `path`, while other processes
    /// may be reading and writing here. What a running server has in its journal only, at most
    /// the last quarter second, is not in it.
    pub fn copy_to(&self, path: &Path) -> Result<(), OpenError> {
        let target = path.to_string_lossy();
        let copied = self.writer.lock().execute("VACUUM INTO ?1", [target]);
        copied.map(|_| ()).map_err(|source| describe(path, source))
    }

    /// What a commit survives.
    pub(crate) fn durability(&self) -> Durability {
        self.durability
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new connection that only reads.
    pub(crate) fn reader(&self) -> Result<Connection, OpenError> {
        self.connect_reader()
            .map_err(|error| describe(&self.path, error))
    }

    fn connect_reader(&self) -> rusqlite::Result<Connection> {
        let reader = connect(&self.path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(reader)
    }

    /// Runs `work`, which only reads, on a connection that nobody else uses meanwhile.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self.readers.lock().pop();
        let reader = idle.map_or_else(|| self.connect_reader(), Ok)?;
        let result = work(&reader);
        let mut readers = self.readers.lock();
        if readers.len() < IDLE_READERS {
            readers.push(reader);
        }
        result
    }

    /// Runs `work` in one transaction, which is committed when it returns `Ok`. Waits its turn,
    /// behind another process at most five seconds.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        transact(&mut self.writer.lock(), work)
    }

    /// Moves the write-ahead log into the file, so that it starts over. Waits for the disk: the
    /// most of it while others write, the rest with writers kept out, or it would never end under
    /// load.
    pub(crate) fn checkpoint(&self) -> rusqlite::Result<()> {
        self.read(move_log)?;
        move_log(&self.writer.lock())
    }
}

fn move_log(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}

fn transact<T>(
    writer: &mut Connection,
    work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

/// Whether another process is writing.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // What is not in here is in the system's cache, a copy away.
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let fail = |source| describe(path, source);
    let known = MIGRATIONS.len() as i64;
    if version(connection).map_err(fail)? == known {
        return Ok(());
    }
    // The lock first, then the look: two processes may start at once.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(fail)?;
    let found = version(&transaction).map_err(fail)?;
    let Some(missing) = usize::try_from(found)
        .ok()
        .and_then(|at| MIGRATIONS.get(at..))
    else {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    };
    for migration in missing {
        transaction.execute_batch(migration).map_err(fail)?;
    }
    transaction
        .pragma_update(None, "user_version", known)
        .and_then(|()| transaction.commit())
        .map_err(fail)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// What the start tells of a failed statement.
pub(crate) fn describe(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Damaged {
            path,
            reason: source.to_string(),
        },
        _ => OpenError::Database { path, source },
    }
}

/// What a port tells of a failed statement.
pub(crate) fn store_error(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure,
        ) => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Fault(error.to_string()),
    }
}

/// How a time stands in a column: Unix microseconds.
pub(crate) fn column(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The time in a column.
pub(crate) fn timestamp(column: i64) -> Timestamp {
    time::from_microsecond(column)
}
