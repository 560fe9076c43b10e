use crate::{
    DataFolder, Database, FileBlob, OpenError, ServerLock, SqliteKv, SqliteLedger, TokioSpawn,
};
use openclaw_core::{Clock, Ports};
use openclaw_schema::config::Durability;
use openclaw_tokio::{HyperHttp, RingSigner, SystemClock, SystemRandom};
use std::sync::Arc;

/// The runtime: every port, and what only the native server asks of them.
#[derive(Clone)]
pub struct Native {
    /// The ledger, for settling what a crash left and for the last flush.
    pub ledger: Arc<SqliteLedger>,
    /// Work in the background, to be waited for at shutdown.
    pub spawn: TokioSpawn,
    blob: Arc<FileBlob>,
    ports: Ports,
}

impl Native {
    /// Opens the stores in `folder` for a command-line tool, beside a server that may be running.
    /// `durability` is what a commit survives.
    pub fn open(folder: &DataFolder, durability: Durability) -> Result<Self, OpenError> {
        Self::with_ledger(folder, durability, SqliteLedger::new)
    }

    /// Opens the stores for the server that holds `lock`: as [`open`](Self::open), with a journal
    /// that makes commits cheap. It must not outlive the lock.
    pub fn for_server(lock: &ServerLock, durability: Durability) -> Result<Self, OpenError> {
        let native = Self::with_ledger(lock.folder(), durability, |database, clock| {
            SqliteLedger::for_server(lock, database, clock)
        })?;
        native.blob.remove_unfinished()?;
        Ok(native)
    }

    fn with_ledger(
        folder: &DataFolder,
        durability: Durability,
        ledger: impl FnOnce(Arc<Database>, Arc<dyn Clock>) -> Result<SqliteLedger, OpenError>,
    ) -> Result<Self, OpenError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let database = Arc::new(Database::open(&folder.database_path(), durability)?);
        let kv = SqliteKv::new(database.clone(), clock.clone())?;
        let ledger = Arc::new(ledger(database, clock.clone())?);
        let blob = Arc::new(FileBlob::open(folder.blobs_path(), durability)?);
        let spawn = TokioSpawn::default();
        let ports = Ports {
            kv: Arc::new(kv),
            ledger: ledger.clone(),
            blob: blob.clone(),
            http: Arc::new(HyperHttp::new()),
            public_http: Arc::new(HyperHttp::public()),
            clock,
            random: Arc::new(SystemRandom),
            spawn: Arc::new(spawn.clone()),
            signer: Arc::new(RingSigner),
        };
        Ok(Self {
            ledger,
            blob,
            spawn,
            ports,
        })
    }

    /// The ports, for the handlers.
    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }
}
