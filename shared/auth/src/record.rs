//! What is stored of accounts and keys, and where.

use bytes::Bytes;
use openclaw_core::{Error, Result, Timestamp, json, ledger::Item, record};
use openclaw_schema::{account::Account, key::Key};
use serde::{Serialize, de::DeserializeOwned};

/// The ledger partition that is the operator's: it lists the accounts.
pub const OPERATOR: &str = "operator";
/// In [`OPERATOR`]: `account/<id>` → [`Account`].
pub(crate) const ACCOUNT: &str = "account/";
/// In the account's partition: `key/<id>` → [`KeyRecord`]; in `Kv`: `key/<id>` → [`Credential`].
pub(crate) const KEY: &str = "key/";
/// In the account's partition: `used/<id>` → when the key was last used.
pub(crate) const USED: &str = "used/";

/// A key as its account's ledger holds it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct KeyRecord {
    /// What is shown of it.
    pub(crate) key: Key,
    /// The hash of its text.
    pub(crate) hash: String,
    /// The hash of the text before the last rotation, and until when that still works.
    pub(crate) previous: Option<(String, Timestamp)>,
}

record!(KeyRecord {
    key: required,
    hash: required,
    previous,
    ..
});

/// What authentication needs: a [`KeyRecord`] and its account in one document. Not by serde's
/// `flatten`, whose reading of anything into a tree of its own is larger than all else here.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Credential {
    pub(crate) key: Key,
    pub(crate) hash: String,
    pub(crate) previous: Option<(String, Timestamp)>,
    pub(crate) account: Account,
}

record!(Credential {
    key: required,
    hash: required,
    previous,
    account: required,
    ..
});

impl Credential {
    pub(crate) fn new(record: KeyRecord, account: Account) -> Self {
        Self {
            key: record.key,
            hash: record.hash,
            previous: record.previous,
            account,
        }
    }
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Bytes> {
    serde_json::to_vec(value)
        .map(Bytes::from)
        .map_err(Error::internal)
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    json::read(bytes).map_err(Error::internal)
}

pub(crate) fn decode_item<T: DeserializeOwned>(item: &Item) -> Result<T> {
    let document = item
        .document()
        .ok_or_else(|| Error::internal("a document was expected"))?;
    decode(document)
}
