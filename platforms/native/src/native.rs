use crate::{
    DataFolder, Database, HyperHttp, OpenError, SqliteKv, SqliteLedger, SystemClock, SystemRandom,
    TokioSpawn,
};
use openclaw_core::{Clock, Ports};
use openclaw_schema::config::Durability;
use std::sync::Arc;

/// The runtime: every port, and what only the native server asks of them.
#[derive(Clone)]
pub struct Native {
    /// The ledger, for settling what a crash left and for the last flush.
    pub ledger: Arc<SqliteLedger>,
    /// Work in the background, to be waited for at shutdown.
    pub spawn: TokioSpawn,
    ports: Ports,
}

impl Native {
    /// Opens the stores in `folder`. `durability` is what a commit survives.
    pub fn open(folder: &DataFolder, durability: Durability) -> Result<Self, OpenError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let database = Arc::new(Database::open(&folder.database_path(), durability)?);
        let kv = SqliteKv::new(database.clone(), clock.clone())?;
        let ledger = Arc::new(SqliteLedger::new(database, clock.clone())?);
        let spawn = TokioSpawn::default();
        let ports = Ports {
            kv: Arc::new(kv),
            ledger: ledger.clone(),
            http: Arc::new(HyperHttp::new()),
            clock,
            random: Arc::new(SystemRandom),
            spawn: Arc::new(spawn.clone()),
        };
        Ok(Self {
            ledger,
            spawn,
            ports,
        })
    }

    /// The ports, for the handlers.
    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }
}
