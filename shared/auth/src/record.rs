//! What is stored of accounts and keys, and where.

use openclaw_core::Timestamp;
pub(crate) use openclaw_core::documents::{decode, document, encode};
pub use openclaw_core::ledger::OPERATOR;
use openclaw_schema::{account::Account, key::Key};
use serde::{Deserialize, Serialize};

/// In [`OPERATOR`]: `account/<id>` → [`AccountRecord`].
pub(crate) const ACCOUNT: &str = "account/";
/// In the account's partition: `key/<id>` → [`KeyRecord`]; in `Kv`: `key/<id>` → [`Credential`].
pub(crate) const KEY: &str = "key/";
/// In the account's partition: `used/<id>` → when the key was last used.
pub(crate) const USED: &str = "used/";
/// In the account's partition: how many keys it has, as [`KeyCount`].
pub(crate) const KEY_COUNT: &str = "keys";

/// An account as the operator's ledger holds it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    #[serde(flatten)]
    pub(crate) account: Account,
    /// Rises with each change; 0 where it was written before revisions were counted.
    #[serde(default)]
    pub(crate) revision: u64,
}

/// A key as its account's ledger holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    /// What is shown of it.
    pub(crate) key: Key,
    /// The hash of its text.
    pub(crate) hash: String,
    /// The hash of the text before the last rotation, and until when that still works.
    pub(crate) previous: Option<(String, Timestamp)>,
    /// See [`KeyRecord::generation`].
    #[serde(default)]
    pub(crate) generation: u64,
    /// Rises with each change; 0 where it was written before revisions were counted.
    #[serde(default)]
    pub(crate) revision: u64,
}

impl KeyRecord {
    /// The number of its secret, which rises with each rotation. Records were rotated before that
    /// was counted: the old secret needs a number of its own.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.max(u64::from(self.previous.is_some()))
    }

    /// The key as it is shown at `now`.
    pub(crate) fn shown(self, last_used_at: Option<Timestamp>, now: Timestamp) -> Key {
        let previous = self.previous.map(|(_, until)| until);
        Key {
            last_used_at,
            previous_secret_expires_at: previous.filter(|until| *until > now),
            ..self.key
        }
    }
}

/// What authentication needs: a [`KeyRecord`] and its account in one document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Credential {
    #[serde(flatten)]
    pub(crate) record: KeyRecord,
    pub(crate) account: Account,
    /// [`AccountRecord::revision`].
    #[serde(default)]
    pub(crate) account_revision: u64,
}

impl Credential {
    pub(crate) fn new(record: KeyRecord, account: AccountRecord) -> Self {
        Self {
            record,
            account: account.account,
            account_revision: account.revision,
        }
    }
}

/// How many keys an account has.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct KeyCount {
    pub(crate) count: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_testkit::sample;

    #[test]
    fn records_without_revisions_are_read() {
        let key = serde_json::to_value(sample::key()).unwrap();
        let account = serde_json::to_value(sample::account()).unwrap();
        let stored =
            serde_json::json!({"key": key, "hash": "h", "previous": null, "account": account});
        let credential: Credential = decode(stored.to_string().as_bytes()).unwrap();
        assert_eq!(credential.record.key, sample::key());
        assert_eq!(
            (credential.record.revision, credential.account_revision),
            (0, 0)
        );
        let account: AccountRecord = decode(account.to_string().as_bytes()).unwrap();
        assert_eq!((account.account, account.revision), (sample::account(), 0));
    }
}
