//! Admission's view of an account: whether it may call, and which of its keys changed a short time
//! ago.
//!
//! Caches may show a key as it was up to a minute ago. So every change that takes something away
//! is noted in the account's partition, in the transaction that makes it, and every admission
//! checks that the note is the one that its process knows. Where it is not, the process reads the
//! note, and the keys that changed, before it admits anything more for the account. The check is
//! a step of the admission's own transaction and costs no call.
//!
//! A change of a key is noted for [`KEPT`] seconds. A process trusts what it knows of a key for
//! [`TRUSTED`] seconds only, which is less, and compares it with the ledger then: whatever was
//! noted and forgotten since is found that way. Suspension and deletion stay noted.

use crate::record::{decode, document, encode};
use bytes::Bytes;
use openclaw_core::{
    Ledger, Result, Timestamp,
    ledger::{Step, When},
    time,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Seconds for which a change of a key is noted.
pub(crate) const KEPT: i64 = 300;
/// Seconds for which a process trusts what it knows of a key.
pub(crate) const TRUSTED: i64 = 240;

/// A part of the item that admission is about.
const KEY: &str = "gate#s";

/// Whether an account may call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// It may.
    #[default]
    Active,
    /// Not until the operator says so.
    Suspended,
    /// Never again.
    Deleted,
}

/// The document under [`KEY`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Standing {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) state: State,
    /// The revision of the account's record that `state` follows.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) revision: u64,
    /// The keys that changed: the revision that they have now (`None`: revoked), and the Unix
    /// second until which this is noted.
    #[serde(skip_serializing_if = "is_default")]
    changed: BTreeMap<String, (Option<u64>, i64)>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Standing {
    /// Whether the account may call, and the key `id` has not changed since it had that revision.
    pub(crate) fn allows(&self, id: &str, revision: u64) -> bool {
        let changed = match self.changed.get(id) {
            None => false,
            Some((None, _)) => true,
            Some((Some(changed), _)) => *changed > revision,
        };
        self.state == State::Active && !changed
    }

    fn note(&mut self, id: &str, revision: Option<u64>, now: Timestamp) {
        let until = now.as_second().saturating_add(KEPT);
        self.changed.insert(id.to_owned(), (revision, until));
    }
}

/// A [`Standing`] as it was read, to be checked or replaced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    document: Option<Bytes>,
    pub(crate) standing: Standing,
}

impl Seen {
    pub(crate) async fn read(ledger: &dyn Ledger, account: &str) -> Result<Self> {
        let Some(item) = ledger.get(account, KEY).await? else {
            return Ok(Self::default());
        };
        let bytes = document(&item)?.clone();
        let standing = decode(&bytes)?;
        Ok(Self {
            document: Some(bytes),
            standing,
        })
    }

    /// Whether nothing is noted.
    pub(crate) const fn is_absent(&self) -> bool {
        self.document.is_none()
    }

    fn when(&self) -> When {
        self.document.clone().map_or(When::Absent, When::Equals)
    }

    /// The step that demands that nothing has changed.
    pub(crate) fn check(&self) -> Step {
        Step::Check {
            key: KEY.into(),
            when: self.when(),
        }
    }

    /// The step that notes that the key `id` has this revision now (`None`: is revoked), and
    /// demands that nothing else has changed.
    pub(crate) fn note(&self, id: &str, revision: Option<u64>, now: Timestamp) -> Result<Step> {
        self.replace(now, |standing| standing.note(id, revision, now))
    }

    /// The step that says whether the account may call, as its record of that revision has it, and
    /// demands that nothing else has changed.
    pub(crate) fn set(&self, state: State, revision: u64, now: Timestamp) -> Result<Step> {
        self.replace(now, |standing| {
            standing.state = state;
            standing.revision = revision;
        })
    }

    fn replace(&self, now: Timestamp, change: impl FnOnce(&mut Standing)) -> Result<Step> {
        let mut standing = self.standing.clone();
        let second = now.as_second();
        standing.changed.retain(|_, (_, until)| second < *until);
        change(&mut standing);
        let expires = (standing.state == State::Active).then(|| time::shift(now, KEPT));
        Ok(Step::Put {
            key: KEY.into(),
            document: encode(&standing)?,
            when: self.when(),
            expires,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(step: Step) -> (Seen, Option<Timestamp>) {
        let Step::Put {
            document, expires, ..
        } = step
        else {
            panic!("{step:?}")
        };
        let standing = decode(&document).unwrap();
        let document = Some(document);
        (Seen { document, standing }, expires)
    }

    #[test]
    fn a_change_is_noted_for_its_time_and_suspension_until_it_ends() {
        let at = time::from_second;
        let (one, expires) = seen(Seen::default().note("key_1", Some(3), at(100)).unwrap());
        assert_eq!(expires, Some(at(100 + KEPT)));
        let (two, _) = seen(one.note("key_2", None, at(200)).unwrap());
        assert!(two.standing.allows("key_1", 3) && !two.standing.allows("key_1", 2));
        assert!(!two.standing.allows("key_2", 99) && two.standing.allows("key_3", 0));
        let (three, expires) = seen(two.set(State::Suspended, 7, at(100 + KEPT)).unwrap());
        assert_eq!(expires, None);
        assert!(!three.standing.allows("key_3", 0));
        let (four, expires) = seen(three.set(State::Active, 8, at(499)).unwrap());
        assert_eq!(expires, Some(at(499 + KEPT)));
        // The change of the first has been forgotten, that of the second has not.
        assert!(four.standing.allows("key_1", 0) && !four.standing.allows("key_2", 0));
    }
}
