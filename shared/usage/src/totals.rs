//! What this process has accounted since it started, for its metrics.

use crate::row::{Status, UsageRow};
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one process.
#[derive(Debug, Default)]
pub struct Totals {
    /// Requests that ended with a whole answer.
    pub completed: AtomicU64,
    /// Requests that ended with an error.
    pub failed: AtomicU64,
    /// Requests whose client left.
    pub interrupted: AtomicU64,
    /// Tokens in.
    pub prompt_tokens: AtomicU64,
    /// Tokens out.
    pub completion_tokens: AtomicU64,
    /// Nano-dollars.
    pub cost_nanos: AtomicU64,
}

impl Totals {
    pub(crate) fn add(&self, row: &UsageRow) {
        let ended = match row.status {
            Status::Completed => &self.completed,
            Status::Failed => &self.failed,
            Status::Interrupted => &self.interrupted,
        };
        ended.fetch_add(1, Ordering::Relaxed);
        self.prompt_tokens
            .fetch_add(row.usage.prompt(), Ordering::Relaxed);
        self.completion_tokens
            .fetch_add(row.usage.completion(), Ordering::Relaxed);
        self.cost_nanos
            .fetch_add(row.cost.unsigned_abs(), Ordering::Relaxed);
    }
}
