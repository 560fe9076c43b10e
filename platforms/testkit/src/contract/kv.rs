use super::{Breach, KvCase, Subject, cases, expect, race::race};
use bytes::Bytes;
use openclaw_core::{Kv, Timestamp, time};
use std::{sync::Arc, time::Duration};

/// Every promise of [`Kv`].
pub fn cases() -> Vec<KvCase> {
    cases![
        what_is_put_is_read,
        what_was_never_put_is_absent,
        the_last_write_wins,
        what_is_deleted_is_absent,
        deleting_nothing_is_no_error,
        what_has_expired_is_absent,
        a_new_value_has_its_own_expiry,
        values_are_any_bytes,
        values_may_be_empty,
        values_may_have_64_kib,
        keys_are_any_text,
        keys_are_told_apart_exactly,
        racing_writers_leave_one_value,
    ]
}

type Store = Subject<Arc<dyn Kv>>;
type Result = std::result::Result<(), Breach>;

/// How stale a read may be, with a second for the way.
const STALE: i64 = 61;

/// `key` must come to read as `promised`: at once where the store is fresh, as late as the port
/// allows where it is not.
async fn expect_read(subject: &Store, key: &str, promised: Option<&[u8]>) -> Result {
    let last = time::shift(subject.clock.now(), STALE);
    loop {
        let seen = subject.store.get(key).await?;
        if seen.as_deref() == promised || subject.clock.now() >= last {
            let show = |value: Option<&[u8]>| value.map(|bytes| (bytes.len(), bytes.to_vec()));
            return expect(key, show(seen.as_deref()), show(promised));
        }
        subject.clock.sleep(Duration::from_secs(1)).await;
    }
}

/// Puts `value` and expects to read it.
async fn put_and_read(subject: &Store, key: &str, value: impl Into<Bytes>) -> Result {
    let value = value.into();
    subject.store.put(key, value.clone(), None).await?;
    expect_read(subject, key, Some(&value)).await
}

async fn what_is_put_is_read(subject: Store, key: String) -> Result {
    put_and_read(&subject, &key, "value").await
}

async fn what_was_never_put_is_absent(subject: Store, key: String) -> Result {
    expect("read", subject.store.get(&key).await?, None)
}

async fn the_last_write_wins(subject: Store, key: String) -> Result {
    put_and_read(&subject, &key, "first").await?;
    put_and_read(&subject, &key, "second").await
}

async fn what_is_deleted_is_absent(subject: Store, key: String) -> Result {
    put_and_read(&subject, &key, "value").await?;
    subject.store.delete(&key).await?;
    expect_read(&subject, &key, None).await?;
    put_and_read(&subject, &key, "again").await
}

async fn deleting_nothing_is_no_error(subject: Store, key: String) -> Result {
    subject.store.delete(&key).await?;
    expect("read", subject.store.get(&key).await?, None)
}

/// A time that is far enough off for every store: Workers KV takes nothing nearer than 60 s.
fn soon(subject: &Store) -> Timestamp {
    time::shift(subject.clock.now(), 62)
}

async fn what_has_expired_is_absent(subject: Store, key: String) -> Result {
    let value = Bytes::from("value");
    let expires = soon(&subject);
    subject
        .store
        .put(&key, value.clone(), Some(expires))
        .await?;
    expect("before", subject.store.get(&key).await?, Some(value))?;
    subject.clock.sleep(Duration::from_secs(63)).await;
    expect("after", subject.store.get(&key).await?, None)
}

async fn a_new_value_has_its_own_expiry(subject: Store, key: String) -> Result {
    let expires = soon(&subject);
    subject.store.put(&key, "old".into(), Some(expires)).await?;
    subject.store.put(&key, "new".into(), None).await?;
    subject.clock.sleep(Duration::from_secs(63)).await;
    expect_read(&subject, &key, Some(b"new")).await
}

async fn values_are_any_bytes(subject: Store, key: String) -> Result {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    put_and_read(&subject, &key, every_byte).await
}

async fn values_may_be_empty(subject: Store, key: String) -> Result {
    put_and_read(&subject, &key, "").await
}

async fn values_may_have_64_kib(subject: Store, key: String) -> Result {
    let value: Vec<u8> = (0..64 << 10).map(|at: u32| (at % 251) as u8).collect();
    put_and_read(&subject, &key, value).await
}

async fn keys_are_any_text(subject: Store, scope: String) -> Result {
    let long = "x".repeat(512 - scope.len() - 1);
    for key in [
        "with space",
        "a/b/../c",
        "a#b",
        "%00%2F",
        "ключ-鍵-🔑",
        "quote'\"`",
        "\\",
        "?&=;:",
        &long,
    ] {
        put_and_read(&subject, &format!("{scope}/{key}"), key.to_owned()).await?;
    }
    Ok(())
}

async fn keys_are_told_apart_exactly(subject: Store, scope: String) -> Result {
    let keys = ["key", "KEY", "key ", "key/", "ke", "k%65y"].map(|key| format!("{scope}/{key}"));
    for key in &keys {
        subject.store.put(key, key.clone().into(), None).await?;
    }
    for key in &keys {
        expect_read(&subject, key, Some(key.as_bytes())).await?;
    }
    Ok(())
}

async fn racing_writers_leave_one_value(subject: Store, key: String) -> Result {
    let writes = (0..50).map(|at| {
        let (store, key) = (subject.store.clone(), key.clone());
        async move { store.put(&key, format!("value {at}").into(), None).await }
    });
    for written in race(&*subject.spawn, writes).await {
        written?;
    }
    let first = subject.store.get(&key).await?;
    expect("some value", first.is_some(), true)?;
    put_and_read(&subject, &key, "behind them").await
}
