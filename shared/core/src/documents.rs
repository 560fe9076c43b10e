//! JSON documents in the ledger, with the bytes that they were read from.

use crate::{
    Code, Error, Ledger, Result, Timestamp,
    ledger::{Item, Outcome, Pages, Step, When},
};
use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

/// Items at a time.
const PAGE: usize = 500;

/// How often a change is tried again on what another request has made meanwhile: whenever one
/// fails, another has succeeded.
const MAX_TRIES: usize = 100;

/// A document and how it stands in the ledger.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// What was read.
    pub value: T,
    bytes: Bytes,
}

impl<T> Stored<T> {
    /// That it has not changed since it was read.
    pub fn unchanged(&self) -> When {
        When::Equals(self.bytes.clone())
    }
}

/// The document under `key`.
pub async fn find<T: DeserializeOwned>(
    ledger: &dyn Ledger,
    account: &str,
    key: &str,
) -> Result<Option<Stored<T>>> {
    let found = ledger.get(account, key).await?;
    found.as_ref().map(read).transpose()
}

fn read<T: DeserializeOwned>(item: &Item) -> Result<Stored<T>> {
    let bytes = document(item)?.clone();
    let value = decode(&bytes)?;
    Ok(Stored { value, bytes })
}

/// All documents whose key starts with `prefix`, with what follows it.
pub async fn all<T: DeserializeOwned>(
    ledger: &dyn Ledger,
    account: &str,
    prefix: &str,
) -> Result<Vec<(String, T)>> {
    let mut found = Vec::new();
    let mut pages = Pages::new(ledger, account, prefix, None, PAGE);
    while let Some(page) = pages.next().await? {
        for (key, item) in &page {
            found.push((key[prefix.len()..].to_owned(), read(item)?.value));
        }
    }
    Ok(found)
}

/// Some of them: after the one that ends in `after`, at most `limit`.
pub async fn some<T: DeserializeOwned>(
    ledger: &dyn Ledger,
    account: &str,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<T>> {
    let after = after.map(|id| format!("{prefix}{id}"));
    let page = ledger
        .query(account, prefix, after.as_deref(), limit)
        .await?;
    page.iter().map(|(_, item)| Ok(read(item)?.value)).collect()
}

/// The step that writes `value` where what is there is as `when` says.
pub fn put<T: Serialize>(key: String, value: &T, when: When) -> Result<Step> {
    put_until(key, value, when, None)
}

/// The same for a document that is gone at a time.
pub fn put_until<T: Serialize>(
    key: String,
    value: &T,
    when: When,
    expires: Option<Timestamp>,
) -> Result<Step> {
    Ok(Step::Put {
        key,
        document: encode(value)?,
        when,
        expires,
    })
}

/// `value` as a document's bytes.
pub fn encode<T: Serialize>(value: &T) -> Result<Bytes> {
    serde_json::to_vec(value)
        .map(Bytes::from)
        .map_err(Error::internal)
}

/// The value of a document that [`encode`] made.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(Error::internal)
}

/// The bytes of an item that is a document.
pub fn document(item: &Item) -> Result<&Bytes> {
    let document = item.document();
    document.ok_or_else(|| Error::internal("a document was expected"))
}

/// Whether the steps were applied; they are durable then.
pub async fn apply(ledger: &dyn Ledger, account: &str, steps: Vec<Step>) -> Result<bool> {
    match ledger.transact(account, steps).await? {
        Outcome::Refused { .. } => Ok(false),
        Outcome::Applied(applied) => {
            applied.durable.await?;
            Ok(true)
        }
    }
}

/// Counts how often a change is tried, by reading, and writing on condition that nothing has
/// changed in between.
#[derive(Debug, Default)]
pub struct Tries(usize);

impl Tries {
    /// Begins another; 409 where others are always quicker.
    pub fn another(&mut self) -> Result<()> {
        self.0 += 1;
        if self.0 > MAX_TRIES {
            let message = "It was changed by other requests at the same time";
            return Err(Error::new(Code::Conflict, message));
        }
        Ok(())
    }
}
