use super::{BlobCase, Breach, Subject, cases, expect};
use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::{
    StreamExt, TryStreamExt,
    future::{Either, select},
    stream,
};
use openclaw_core::{
    Blob, ByteStream, Code, Error,
    blob::{BlobSource, MAX_KEY},
};
use std::{ops::Range, sync::Arc};

/// Every promise of [`Blob`].
pub fn cases() -> Vec<BlobCase> {
    cases![
        what_is_put_is_read,
        what_was_never_put_is_absent,
        a_blob_may_be_empty,
        a_long_blob_is_whole,
        ranges_are_exact,
        ranges_of_a_long_blob_are_exact,
        a_source_that_fails_leaves_nothing,
        a_long_source_that_fails_leaves_nothing,
        a_write_that_is_dropped_leaves_nothing,
        what_is_deleted_is_absent,
        deleting_nothing_is_no_error,
        what_is_no_key_is_refused,
        keys_are_told_apart_exactly,
        a_list_has_what_begins_with_its_names,
    ]
}

type Store = Subject<Arc<dyn Blob>>;
type Result<T = ()> = std::result::Result<T, Breach>;

/// More than two parts of 5 MiB, the least that S3 and R2 take as one, and no multiple of anything.
const LONG: usize = (11 << 20) + 3;
/// Bytes of a piece of a source.
const PIECE: usize = 100_003;

/// Bytes that differ from place to place.
fn sample(length: usize) -> Bytes {
    let byte = |at: usize| (at % 251) as u8 ^ (at >> 16) as u8;
    (0..length).map(byte).collect::<Vec<_>>().into()
}

/// `bytes` in pieces.
fn pieces(bytes: &Bytes) -> BlobSource<'static> {
    let cuts = (0..bytes.len()).step_by(PIECE);
    let piece = |from: usize| Ok(bytes.slice(from..bytes.len().min(from + PIECE)));
    stream::iter(Vec::from_iter(cuts.map(piece))).boxed()
}

async fn whole(stream: ByteStream) -> Result<Vec<u8>> {
    let pieces: Vec<Bytes> = stream.try_collect().await?;
    Ok(pieces.concat())
}

async fn read(store: &dyn Blob, key: &str, range: Option<Range<u64>>) -> Result<Option<Vec<u8>>> {
    match store.get(key, range).await? {
        None => Ok(None),
        Some(stream) => Ok(Some(whole(stream).await?)),
    }
}

/// Writes and expects to read.
async fn put_and_read(subject: &Store, key: &str, bytes: &Bytes) -> Result {
    let size = subject.store.put(key, pieces(bytes)).await?;
    expect("bytes written", size, bytes.len() as u64)?;
    let head = subject.store.head(key).await?;
    expect("bytes told", head, Some(bytes.len() as u64))?;
    let read = read(&*subject.store, key, None).await?;
    expect("the same bytes", read.as_deref() == Some(&bytes[..]), true)
}

async fn expect_absent(subject: &Store, key: &str) -> Result {
    expect("told", subject.store.head(key).await?, None)?;
    expect("read", read(&*subject.store, key, None).await?, None)
}

async fn what_is_put_is_read(subject: Store, scope: String) -> Result {
    put_and_read(&subject, &format!("{scope}/a"), &sample(300_000)).await
}

async fn what_was_never_put_is_absent(subject: Store, scope: String) -> Result {
    expect_absent(&subject, &format!("{scope}/a")).await
}

async fn a_blob_may_be_empty(subject: Store, scope: String) -> Result {
    put_and_read(&subject, &format!("{scope}/a"), &Bytes::new()).await
}

async fn a_long_blob_is_whole(subject: Store, scope: String) -> Result {
    put_and_read(&subject, &format!("{scope}/a"), &sample(LONG)).await
}

async fn expect_ranges(subject: &Store, key: &str, length: usize, cuts: &[usize]) -> Result {
    let bytes = sample(length);
    subject.store.put(key, pieces(&bytes)).await?;
    for from in cuts {
        for to in cuts.iter().filter(|to| *to > from) {
            let seen = read(&*subject.store, key, Some(*from as u64..*to as u64)).await?;
            let is_same = seen.as_deref() == Some(&bytes[*from..*to]);
            expect(&format!("{from}..{to} is right"), is_same, true)?;
        }
    }
    Ok(())
}

async fn ranges_are_exact(subject: Store, scope: String) -> Result {
    expect_ranges(
        &subject,
        &format!("{scope}/a"),
        1000,
        &[0, 1, 499, 999, 1000],
    )
    .await
}

async fn ranges_of_a_long_blob_are_exact(subject: Store, scope: String) -> Result {
    let part = 5 << 20;
    expect_ranges(
        &subject,
        &format!("{scope}/a"),
        LONG,
        &[part - 1, part + 1, LONG],
    )
    .await
}

async fn expect_failure(subject: &Store, key: &str, before: usize) -> Result {
    let broken = stream::iter([Err(Error::invalid("body", "was cut off"))]);
    let source = pieces(&sample(before)).chain(broken).boxed();
    let code = subject
        .store
        .put(key, source)
        .await
        .map_err(|error| error.code);
    expect("the source's own error", code, Err(Code::InvalidRequest))?;
    expect_absent(subject, key).await?;
    // The key is still free.
    put_and_read(subject, key, &sample(10)).await
}

async fn a_source_that_fails_leaves_nothing(subject: Store, scope: String) -> Result {
    expect_failure(&subject, &format!("{scope}/a"), 1000).await
}

async fn a_long_source_that_fails_leaves_nothing(subject: Store, scope: String) -> Result {
    expect_failure(&subject, &format!("{scope}/a"), LONG).await
}

async fn a_write_that_is_dropped_leaves_nothing(subject: Store, scope: String) -> Result {
    let key = format!("{scope}/a");
    for before in [1000, LONG] {
        let (taken, all_taken) = oneshot::channel();
        let stuck = stream::once(async {
            let _ = taken.send(());
            std::future::pending().await
        });
        let source = pieces(&sample(before)).chain(stuck).boxed();
        let put = subject.store.put(&key, source);
        let ended = matches!(select(put, all_taken).await, Either::Left(_));
        expect("the write ends before its source", ended, false)?;
        expect_absent(&subject, &key).await?;
    }
    let found = subject.store.list(&scope).await?;
    expect("listed", found, Vec::new())
}

async fn what_is_deleted_is_absent(subject: Store, scope: String) -> Result {
    let key = format!("{scope}/a");
    put_and_read(&subject, &key, &sample(10)).await?;
    subject.store.delete(&key).await?;
    expect_absent(&subject, &key).await
}

async fn deleting_nothing_is_no_error(subject: Store, scope: String) -> Result {
    Ok(subject.store.delete(&format!("{scope}/a")).await?)
}

async fn what_is_no_key_is_refused(subject: Store, scope: String) -> Result {
    let store = &subject.store;
    let long = "x".repeat(MAX_KEY + 1);
    for bad in [
        "", "/", "/etc/x", "..", "../x", "a/../b", "a//b", "a/", ".a", "a b", "a\0", "é", &long,
    ] {
        let key = format!("{scope}/{bad}");
        for key in [bad, &key] {
            let put = store.put(key, pieces(&sample(1))).await;
            expect(&format!("writing {key:?}"), put.is_err(), true)?;
            let seen = [
                store.get(key, None).await.is_err(),
                store.head(key).await.is_err(),
                store.delete(key).await.is_err(),
                store.list(key).await.is_err(),
            ];
            expect(&format!("asking for {key:?}"), seen, [true; 4])?;
        }
    }
    Ok(())
}

async fn keys_are_told_apart_exactly(subject: Store, scope: String) -> Result {
    let keys = ["key", "KEY", "ke", "key-", "key_", "in/key"].map(|key| format!("{scope}/{key}"));
    for key in &keys {
        let source = pieces(&Bytes::from(key.clone()));
        subject.store.put(key, source).await?;
    }
    for key in &keys {
        let seen = read(&*subject.store, key, None).await?;
        expect(key, seen.as_deref(), Some(key.as_bytes()))?;
    }
    Ok(())
}

async fn a_list_has_what_begins_with_its_names(subject: Store, scope: String) -> Result {
    let (store, mut keys) = (&subject.store, Vec::new());
    for key in ["a/1", "a/b/2", "a/b/3", "ab/4", "c"] {
        keys.push(format!("{scope}/{key}"));
        store.put(&keys[keys.len() - 1], pieces(&sample(1))).await?;
    }
    for (prefix, count) in [("a", 3), ("a/b", 2), ("ab", 1), ("nothing", 0)] {
        let start = format!("{scope}/{prefix}");
        let mut found = store.list(&start).await?;
        found.sort();
        let mut expected = keys.clone();
        expected.retain(|key| key.starts_with(&format!("{start}/")));
        expect("keys", expected.len(), count)?;
        expect(prefix, found, expected)?;
    }
    for key in store.list(&scope).await? {
        store.delete(&key).await?;
    }
    expect("left", store.list(&scope).await?, Vec::new())
}
