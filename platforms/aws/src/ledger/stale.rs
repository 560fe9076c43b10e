//! Items in which something has expired, as they were last seen.

use super::layout::Snapshot;
use openclaw_core::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// More items than this are not remembered; whoever writes them next sees them again.
const MAX: usize = 1_000;

/// DynamoDB expires whole items only. Where a process sees that parts of an item have expired, its next
/// write to the item removes them, which costs nothing.
#[derive(Debug, Default)]
pub(super) struct StaleItems(Mutex<HashMap<(String, String), Snapshot>>);

impl StaleItems {
    pub(super) fn note(&self, account: &str, snapshot: &Snapshot, now: Timestamp) {
        if snapshot.expired(now).is_empty() {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MAX {
            let place = (account.to_owned(), snapshot.base.clone());
            seen.insert(place, snapshot.clone());
        }
    }

    pub(super) fn take(&self, account: &str, base: &str) -> Option<Snapshot> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.remove(&(account.to_owned(), base.to_owned()))
    }
}
