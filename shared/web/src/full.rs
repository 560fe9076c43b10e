//! Windows that are known to be full: whoever calls on and on costs no look into the ledger.

use openclaw_auth::Caller;
use openclaw_core::{Timestamp, cache::BoundedCache};
use openclaw_rate_limit::{Window, account_limit};
use openclaw_schema::config::Limits;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Memory for them, in bytes: some eight thousand keys.
const MAX_BYTES: usize = 1 << 20;

/// The last full window of each key, as this process saw it. The requests counted in a window only
/// become more, so one that was full stays full until it ends.
pub(crate) struct FullWindows(Mutex<BoundedCache<String, Full>>);

struct Full {
    window: Window,
    /// The limits of account and key that it was full at.
    limits: (u64, Option<u64>),
}

impl FullWindows {
    pub(crate) fn new() -> Self {
        let cache = BoundedCache::new(MAX_BYTES, |key: &String, _| key.len());
        Self(Mutex::new(cache))
    }

    /// The window in which `caller` has no request left; `None` where that is not known.
    pub(crate) fn find(&self, caller: &Caller, limits: &Limits, now: Timestamp) -> Option<Window> {
        let all = self.all();
        let Full {
            window,
            limits: known,
        } = all.get(&caller.key.id)?;
        (now < window.reset && *known == limits_of(caller, limits)).then_some(*window)
    }

    /// Notes that `window` is full for `caller`.
    pub(crate) fn insert(&self, caller: &Caller, limits: &Limits, window: Window) {
        let limits = limits_of(caller, limits);
        let key = caller.key.id.clone();
        self.all().insert(key, Full { window, limits });
    }

    fn all(&self) -> MutexGuard<'_, BoundedCache<String, Full>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limits_of(caller: &Caller, limits: &Limits) -> (u64, Option<u64>) {
    (
        account_limit(&caller.account, limits),
        caller.key.rate_limit,
    )
}
