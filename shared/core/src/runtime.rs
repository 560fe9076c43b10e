use crate::{Blob, BoxFuture, Http, Kv, Ledger, Signer, Timestamp};
use std::{sync::Arc, time::Duration};

/// Time.
pub trait Clock: Send + Sync {
    /// Now, UTC.
    fn now(&self) -> Timestamp;

    /// Resolves after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// Entropy fit for secrets.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// Work that outlives the response.
pub trait Spawn: Send + Sync {
    /// Runs `task` to its end, as far as the platform lets it.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

/// A runtime: one implementation of every port.
#[derive(Clone)]
pub struct Ports {
    /// Global read-mostly storage.
    pub kv: Arc<dyn Kv>,
    /// An account's consistent items.
    pub ledger: Arc<dyn Ledger>,
    /// Bytes of any length.
    pub blob: Arc<dyn Blob>,
    /// Outgoing HTTP.
    pub http: Arc<dyn Http>,
    /// Outgoing HTTP to public addresses only, for URLs that tenants choose: the address is checked when
    /// a connection is made, and the connection goes to the one that was checked. Where the platform
    /// connects by itself, it keeps private networks out of reach.
    pub public_http: Arc<dyn Http>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Entropy.
    pub random: Arc<dyn Random>,
    /// Work that outlives the response.
    pub spawn: Arc<dyn Spawn>,
    /// Signatures.
    pub signer: Arc<dyn Signer>,
}
