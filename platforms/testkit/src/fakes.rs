use crate::{
    InlineSpawn, ManualClock, MemoryBlob, MemoryKv, MemoryLedger, ScriptedHttp, SeededRandom,
};
use bytes::Bytes;
use openclaw_core::{BoxFuture, Clock, Ports, SignError, Signer};
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
            signer: Arc::new(FixedSigner),
        }
    }
}

impl Default for Fakes {
    fn default() -> Self {
        Self::new(ManualClock::default())
    }
}

/// Signs with the message itself, so that a test sees what was signed, and by which key.
#[derive(Clone, Copy, Debug)]
pub struct FixedSigner;

impl Signer for FixedSigner {
    fn rs256(&self, key: Bytes, message: Bytes) -> BoxFuture<'static, Result<Bytes, SignError>> {
        let signed = [&*key, b"|", &*message].concat();
        Box::pin(std::future::ready(Ok(signed.into())))
    }
}
