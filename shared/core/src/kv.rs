use crate::{BoxFuture, StoreError, Timestamp};
use bytes::Bytes;

/// Global, read-mostly storage that may be up to 60 s stale: what a request looks up before it
/// knows its account (a key's record by the key's id) and what rarely changes.
///
/// Keys are UTF-8, at most 512 bytes. Values are at most 300 KiB. The last write wins.
pub trait Kv: Send + Sync {
    /// The value under `key`, `None` where there is none or it has expired.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>>;

    /// Writes `value` under `key`; durable when this returns. It reads as absent after `expires`.
    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Removes `key`, which need not exist.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}
