//! Bytes of any length, written once: the port behind files.

use crate::{BoxFuture, ByteStream, Error, Result, StoreError};
use bytes::{Bytes, BytesMut};
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use std::ops::Range;

/// The most characters of a key.
pub const MAX_KEY: usize = 200;

/// Bytes on their way into a store. An error among them ends the write.
pub type BlobSource<'a> = BoxStream<'a, Result<Bytes>>;

/// Streams of bytes under keys.
///
/// A key is one or more names with `/` between them, at most [`MAX_KEY`] characters in all; a name is
/// of letters, digits, `_` and `-`. Keys are made by us, never by a caller: whatever else is asked for
/// is a [`StoreError::Fault`]. A key is written once and never changed. No key is the start of another
/// one up to a `/`.
pub trait Blob: Send + Sync {
    /// Writes all of `source` under `key` and returns the number of bytes. The blob is there, whole and
    /// durable, when this returns. Where `source` fails, its error comes back; then, and where the
    /// future is dropped, nothing stays. The memory used does not depend on the length.
    fn put<'a>(&'a self, key: &'a str, source: BlobSource<'a>) -> BoxFuture<'a, Result<u64>>;

    /// The bytes under `key`, or those in `range` (from, up to and without; within the blob's size and not
    /// empty); `None` where there are none.
    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<ByteStream>, StoreError>>;

    /// The number of bytes under `key`; `None` where there is no such blob.
    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<u64>, StoreError>>;

    /// Removes `key`, which need not exist.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;

    /// At most 1,000 of the keys whose first names are those of `prefix`, in no promised order. Whoever
    /// deletes what it finds and asks again finds all.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>>;
}

/// The most keys that [`Blob::list`] returns.
pub const MAX_LISTED: usize = 1000;

/// Refuses what is no key.
pub fn ensure_key(key: &str) -> Result<(), StoreError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_plain);
    if key.len() <= MAX_KEY && key.split('/').all(is_name) {
        return Ok(());
    }
    Err(StoreError::Fault("a blob's key is not one of ours".into()))
}

/// The store of a runtime that has none: every call is a [`StoreError::Fault`].
#[derive(Clone, Copy, Debug)]
pub struct NoBlob;

fn no_store<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T, StoreError>> {
    let why = "this function has no store for files".into();
    Box::pin(std::future::ready(Err(StoreError::Fault(why))))
}

impl Blob for NoBlob {
    fn put<'a>(&'a self, _: &'a str, _: BlobSource<'a>) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async { no_store().await.map_err(Error::from) })
    }

    fn get<'a>(
        &'a self,
        _: &'a str,
        _: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<ByteStream>, StoreError>> {
        no_store()
    }

    fn head<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        no_store()
    }

    fn delete<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        no_store()
    }

    fn list<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        no_store()
    }
}

/// `source` in parts of `size` bytes each, the last one perhaps shorter and never empty: what stores
/// take that want parts of one size. It holds one part and one piece of the source.
pub fn parts(source: BlobSource<'_>, size: usize) -> BlobSource<'_> {
    let start = (source, BytesMut::new());
    stream::try_unfold(start, move |(mut source, mut held)| async move {
        while held.len() < size {
            match source.try_next().await? {
                Some(piece) => held.extend_from_slice(&piece),
                None => break,
            }
        }
        let length = held.len().min(size);
        let part = held.split_to(length).freeze();
        Ok((!part.is_empty()).then_some((part, (source, held))))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn cut(pieces: &[usize], size: usize) -> Vec<usize> {
        let pieces = pieces
            .iter()
            .map(|length| Ok(Bytes::from(vec![7; *length])));
        let source = stream::iter(Vec::from_iter(pieces)).boxed();
        let parts = parts(source, size).map_ok(|part| part.len()).try_collect();
        parts.now_or_never().unwrap().unwrap()
    }

    #[test]
    fn parts_are_of_one_size_but_for_the_last() {
        assert_eq!(cut(&[], 4), [0; 0]);
        assert_eq!(cut(&[0, 3], 4), [3]);
        assert_eq!(cut(&[3, 1], 4), [4]);
        assert_eq!(cut(&[3, 9, 1], 4), [4, 4, 4, 1]);
    }

    #[test]
    fn an_error_ends_the_parts() {
        let pieces = [
            Ok(Bytes::from_static(b"abc")),
            Err(Error::invalid("a", "b")),
        ];
        let mut parts = parts(stream::iter(pieces).boxed(), 2);
        let error = parts.try_next().now_or_never().unwrap();
        // The first part is full before the error is asked for.
        assert_eq!(error.unwrap().unwrap(), "ab");
        assert!(parts.try_next().now_or_never().unwrap().is_err());
    }

    #[test]
    fn keys_are_names_and_slashes() {
        for key in ["a", "acct_1/files/file_A-b", &"x".repeat(MAX_KEY)] {
            ensure_key(key).unwrap();
        }
        for key in [
            "",
            "/",
            "a//b",
            "a/",
            "../a",
            "a/./b",
            "a b",
            "é",
            "a\0",
            &"x".repeat(MAX_KEY + 1),
        ] {
            ensure_key(key).unwrap_err();
        }
    }
}
