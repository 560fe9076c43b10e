//! What this process has accounted since it started, for its metrics.

use crate::row::{Status, UsageRow};
use openclaw_core::{Timestamp, time::DAY};
use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Accounts of a day that a process remembers; then it begins anew.
const MAX_SEEN: usize = 100_000;

/// Is shown each row that this process accounts, on the request's way: it must be quick.
pub type Observer = Box<dyn Fn(&UsageRow) + Send + Sync>;

/// Counters of one process.
#[derive(Default)]
pub struct Totals {
    observer: OnceLock<Observer>,
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
    seen: Mutex<Seen>,
}

/// The accounts of a day, by their hash: one that is taken for another waits for the next day.
#[derive(Default)]
struct Seen {
    day: i64,
    accounts: HashSet<u64>,
    hash: RandomState,
}

impl Totals {
    /// Shows `observer` each row from now on. The first who asks has it for good.
    pub fn observe(&self, observer: Observer) {
        // A second one would see what the first does.
        let _ = self.observer.set(observer);
    }

    /// Whether `account` is seen for the first time on the day of `now`; then it has been.
    pub(crate) fn is_first_today(&self, account: &str, now: Timestamp) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let day = now.as_second().div_euclid(DAY);
        if seen.day != day || seen.accounts.len() >= MAX_SEEN {
            seen.day = day;
            seen.accounts.clear();
        }
        let hash = seen.hash.hash_one(account);
        seen.accounts.insert(hash)
    }

    pub(crate) fn add(&self, row: &UsageRow) {
        if let Some(observer) = self.observer.get() {
            observer(row);
        }
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
