//! The names of the bindings in the Workers' configurations. A test compares both.

/// Workers KV: the configuration, and what authentication reads.
pub const KV: &str = "KV";

/// The Durable Objects that hold the accounts' ledgers, one an account.
pub const LEDGER: &str = "LEDGER";

/// The R2 bucket of the accounts' files.
pub const BLOBS: &str = "BLOBS";

/// The Durable Objects that hold the WebSocket's sessions, one a connection.
pub const SESSIONS: &str = "SESSIONS";

/// The queue of a topic's jobs, bound to the ledger's Worker: `JOBS_FILE` for the topic `file`.
pub fn jobs(topic: &str) -> String {
    format!("JOBS_{}", topic.to_uppercase().replace('-', "_"))
}
