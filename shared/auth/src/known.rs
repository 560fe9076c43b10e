//! Keys and accounts as this process knows them.

use crate::{
    api_key::hashes_match,
    record::{Credential, KeyRecord},
    standing::{Seen, TRUSTED},
};
use bytes::Bytes;
use openclaw_core::{Timestamp, time};
use openclaw_schema::{
    account::{Account, Status},
    key::Key,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// More keys, or accounts, than this are not held.
const MAX: usize = 10_000;

/// Seconds for which a key that was just read is not read again for a secret that it does not
/// accept: guesses are not passed on to the ledger.
const JUST_READ: i64 = 2;

/// A key and its account.
#[derive(Debug)]
pub struct Holder {
    /// The key.
    pub key: Key,
    /// The account it belongs to.
    pub account: Account,
    account_revision: u64,
    hash: String,
    previous: Option<(String, Timestamp)>,
    generation: u64,
    revision: u64,
    /// The projection that it was found by.
    projected: Bytes,
}

impl Holder {
    pub(crate) fn new(credential: Credential, projected: Bytes) -> Self {
        let Credential {
            record,
            account,
            account_revision,
        } = credential;
        Self {
            generation: record.generation(),
            key: record.key,
            account,
            account_revision,
            hash: record.hash,
            previous: record.previous,
            revision: record.revision,
            projected,
        }
    }

    /// The same, of the key as the ledger has it.
    pub(crate) fn with(&self, record: KeyRecord) -> Self {
        let credential = Credential {
            record,
            account: self.account.clone(),
            account_revision: self.account_revision,
        };
        Self::new(credential, self.projected.clone())
    }

    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    /// Which of its secrets has this hash, where that works `now`.
    pub(crate) fn generation_of(&self, hash: &str, now: Timestamp) -> Option<u64> {
        let is_previous = |(previous, _): &(String, _)| hashes_match(previous, hash);
        let generation = if hashes_match(&self.hash, hash) {
            self.generation
        } else if self.previous.as_ref().is_some_and(is_previous) {
            self.generation.checked_sub(1)?
        } else {
            return None;
        };
        self.accepts(generation, now).then_some(generation)
    }

    /// Whether the secret with that number works `now`.
    pub(crate) fn accepts(&self, generation: u64, now: Timestamp) -> bool {
        match self.generation.checked_sub(generation) {
            Some(0) => true,
            Some(1) => self.secret_end(generation).is_some_and(|end| now < end),
            _ => false,
        }
    }

    /// When the secret with that number ends, where that is known.
    pub(crate) fn secret_end(&self, generation: u64) -> Option<Timestamp> {
        let previous = self.previous.as_ref().map(|(_, until)| *until);
        previous.filter(|_| generation < self.generation)
    }

    /// Whether its account was suspended before admission knew of that. Since then its
    /// [`Standing`](crate::standing::Standing) says so, and what is projected may be old.
    pub(crate) fn is_suspended(&self) -> bool {
        self.account.status == Status::Suspended && self.account_revision == 0
    }
}

/// What a process knows.
#[derive(Default)]
pub(crate) struct Known {
    keys: Mutex<HashMap<String, Entry>>,
    standings: Mutex<HashMap<String, Seen>>,
}

/// A key as the ledger had it.
struct Entry {
    /// `None`: there was none.
    holder: Option<Arc<Holder>>,
    projected: Bytes,
    read: Timestamp,
}

impl Known {
    /// What is known of the key `id` and may be trusted, as long as `projected` is what is stored
    /// of it: `Some(None)` where it is known that there is none.
    pub(crate) fn find(
        &self,
        id: &str,
        projected: &Bytes,
        now: Timestamp,
    ) -> Option<Option<Arc<Holder>>> {
        let keys = lock(&self.keys);
        let entry = keys.get(id)?;
        let is_good = entry.projected == *projected && now < time::shift(entry.read, TRUSTED);
        is_good.then(|| entry.holder.clone())
    }

    /// Whether it is worth while to read the key `id` again.
    pub(crate) fn may_be_old(&self, id: &str, now: Timestamp) -> bool {
        let keys = lock(&self.keys);
        let read = keys.get(id).map(|entry| entry.read);
        read.is_none_or(|read| now >= time::shift(read, JUST_READ))
    }

    /// What the ledger had at `read` of the key that was known as `before`.
    pub(crate) fn remember(&self, before: &Holder, holder: Option<Arc<Holder>>, read: Timestamp) {
        let entry = Entry {
            holder,
            projected: before.projected.clone(),
            read,
        };
        insert(&mut lock(&self.keys), &before.key.id, entry);
    }

    /// How the account stands, as far as is known.
    pub(crate) fn standing(&self, account: &str) -> Seen {
        lock(&self.standings)
            .get(account)
            .cloned()
            .unwrap_or_default()
    }

    pub(crate) fn note_standing(&self, account: &str, seen: &Seen) {
        let mut standings = lock(&self.standings);
        if seen.is_absent() {
            standings.remove(account);
        } else {
            insert(&mut standings, account, seen.clone());
        }
    }
}

/// A panic elsewhere leaves maps that are whole.
fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn insert<T>(into: &mut HashMap<String, T>, key: &str, value: T) {
    if into.len() >= MAX {
        into.clear();
    }
    into.insert(key.to_owned(), value);
}
