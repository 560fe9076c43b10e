//! Items as they were last seen, where something in them has expired.

use super::layout::Image;
use openclaw_core::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// More items than this are not remembered; whoever writes them next sees them again.
const MAX: usize = 1_000;

/// Parts of an item have no expiry of DynamoDB's: whoever sees that some have expired removes them
/// along with the next write to the item, which costs nothing.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<(String, String), Image>>);

impl Seen {
    pub(super) fn note(&self, account: &str, image: &Image, now: Timestamp) {
        if image.expired(now).is_empty() {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MAX {
            let place = (account.to_owned(), image.base.clone());
            seen.insert(place, image.clone());
        }
    }

    pub(super) fn take(&self, account: &str, base: &str) -> Option<Image> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.remove(&(account.to_owned(), base.to_owned()))
    }
}
