use crate::{
    InlineSpawn, ManualClock, MemoryBlob, MemoryKv, MemoryLedger, ScriptedHttp, SeededRandom,
};
use openclaw_core::{Clock, Ports};
use std::sync::Arc;

/// A runtime in memory, with a hold on the ports that a test drives.
pub struct Fakes {
    /// The one clock of all of them.
    pub clock: ManualClock,
    /// What providers answer.
    pub http: Arc<ScriptedHttp>,
    /// What public hosts answer to what tenants ask.
    pub public_http: Arc<ScriptedHttp>,
    /// What runs behind the response.
    pub spawn: Arc<InlineSpawn>,
    /// Global storage.
    pub kv: Arc<MemoryKv>,
    /// Accounts' items.
    pub ledger: Arc<MemoryLedger>,
    /// Bytes of any length.
    pub blob: Arc<MemoryBlob>,
}

impl Fakes {
    /// Empty stores on `clock`.
    pub fn new(clock: ManualClock) -> Self {
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        Self {
            clock,
            http: Arc::default(),
            public_http: Arc::default(),
            spawn: Arc::default(),
            blob: Arc::default(),
            kv: Arc::new(MemoryKv::new(shared.clone())),
            ledger: Arc::new(MemoryLedger::new(shared)),
        }
    }

    /// The ports; entropy is the same sequence each time.
    pub fn ports(&self) -> Ports {
        Ports {
            kv: self.kv.clone(),
            ledger: self.ledger.clone(),
            blob: self.blob.clone(),
            http: self.http.clone(),
            public_http: self.public_http.clone(),
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(SeededRandom::new(1)),
            spawn: self.spawn.clone(),
        }
    }
}

impl Default for Fakes {
    fn default() -> Self {
        Self::new(ManualClock::default())
    }
}
