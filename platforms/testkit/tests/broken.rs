//! The contract finds stores that do not keep it: each of these breaks one promise.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::{FutureExt, StreamExt, future::ready};
use openclaw_core::{
    Blob, BoxFuture, ByteStream, Kv, Ledger, StoreError, Timestamp,
    blob::BlobSource,
    ledger::{Item, Outcome, Step, When},
    time,
};
use openclaw_testkit::{
    InlineSpawn, ManualClock, MemoryBlob, MemoryKv, MemoryLedger,
    contract::{self, Case, Subject},
};
use std::{ops::Range, sync::Arc};

/// Names of the cases that `make`'s store breaks.
fn broken<S: Clone>(
    cases: &[Case<S>],
    make: impl FnOnce(Arc<ManualClock>) -> S,
) -> Vec<&'static str> {
    let clock = Arc::new(ManualClock::jumping(time::from_second(1_772_280_000)));
    let subject = Subject {
        store: make(clock.clone()),
        clock,
        spawn: Arc::new(InlineSpawn::default()),
        run: "broken".into(),
    };
    let verdicts = block_on(contract::run(cases, &subject));
    let broken = verdicts.iter().filter(|verdict| verdict.result.is_err());
    broken.map(|verdict| verdict.case).collect()
}

/// What a ledger gets wrong.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    IgnoresConditions,
    IgnoresChecks,
    ComparesNothing,
    IgnoresBounds,
    NeverExpires,
    AppliesStepByStep,
    MixesAccounts,
    IgnoresPrefix,
    IgnoresAfter,
    IgnoresLimit,
    SortsBackwards,
}

struct WrongLedger(Wrong, MemoryLedger);

impl WrongLedger {
    fn account<'a>(&self, account: &'a str) -> &'a str {
        match self.0 {
            Wrong::MixesAccounts => &account[..account.len().min(20)],
            _ => account,
        }
    }

    fn distort(&self, step: &mut Step) {
        match (self.0, step) {
            (Wrong::IgnoresConditions, Step::Put { when, .. } | Step::Delete { when, .. })
            | (Wrong::IgnoresChecks, Step::Check { when, .. }) => *when = When::Always,
            (Wrong::ComparesNothing, Step::Put { when, .. } | Step::Delete { when, .. })
                if matches!(when, When::Equals(_)) =>
            {
                *when = When::Present;
            }
            (Wrong::IgnoresBounds, Step::Add { deltas, .. }) => {
                deltas.iter_mut().for_each(|delta| delta.at_most = None);
            }
            (Wrong::NeverExpires, Step::Put { expires, .. } | Step::Add { expires, .. }) => {
                *expires = None;
            }
            _ => {}
        }
    }
}

impl Ledger for WrongLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        mut steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        steps.iter_mut().for_each(|step| self.distort(step));
        let account = self.account(account);
        async move {
            if matches!(self.0, Wrong::AppliesStepByStep) {
                for (at, step) in steps.iter().enumerate() {
                    let outcome = self.1.transact(account, vec![step.clone()]).await?;
                    if let Outcome::Refused { .. } = outcome {
                        return Ok(Outcome::Refused { step: at });
                    }
                }
            }
            self.1.transact(account, steps).await
        }
        .boxed()
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        let account = self.account(account);
        async move {
            match self.0 {
                Wrong::IgnoresPrefix => self.1.query(account, "", after, limit).await,
                Wrong::IgnoresAfter => self.1.query(account, prefix, None, limit).await,
                Wrong::IgnoresLimit => self.1.query(account, prefix, after, 9999).await,
                Wrong::SortsBackwards => {
                    let found = self.1.query(account, prefix, after, limit).await;
                    found.map(|items| items.into_iter().rev().collect())
                }
                _ => self.1.query(account, prefix, after, limit).await,
            }
        }
        .boxed()
    }
}

#[test]
fn ledgers_that_get_something_wrong_are_found() {
    for (wrong, case) in [
        (Wrong::IgnoresConditions, "of_racing_creations_one_wins"),
        (Wrong::IgnoresChecks, "a_check_demands_what_it_says"),
        (Wrong::ComparesNothing, "of_racing_replacements_one_wins"),
        (
            Wrong::IgnoresBounds,
            "racing_additions_reach_the_bound_exactly",
        ),
        (Wrong::NeverExpires, "an_expired_document_is_absent"),
        (
            Wrong::AppliesStepByStep,
            "a_refused_transaction_changes_nothing",
        ),
        (Wrong::MixesAccounts, "accounts_do_not_see_each_other"),
        (Wrong::IgnoresPrefix, "a_query_finds_its_prefix_alone"),
        (Wrong::IgnoresAfter, "a_query_goes_on_behind_a_key"),
        (Wrong::IgnoresLimit, "a_query_stops_at_its_limit"),
        (Wrong::SortsBackwards, "a_query_is_in_the_order_of_bytes"),
    ] {
        let broken = broken::<Arc<dyn Ledger>>(&contract::ledger(), |clock| {
            Arc::new(WrongLedger(wrong, MemoryLedger::new(clock)))
        });
        assert!(broken.contains(&case), "{wrong:?} broke only {broken:?}");
    }
}

/// What a key-value store gets wrong.
#[derive(Clone, Copy, Debug)]
enum WrongKv {
    NeverExpires,
    NeverDeletes,
    FirstWriteWins,
    TakesTextOnly,
    FoldsCase,
}

struct BrokenKv(WrongKv, MemoryKv);

impl Kv for BrokenKv {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        async move {
            match self.0 {
                WrongKv::FoldsCase => self.1.get(&key.to_lowercase()).await,
                _ => self.1.get(key).await,
            }
        }
        .boxed()
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Bytes,
        expires: Option<Timestamp>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            match self.0 {
                WrongKv::NeverExpires => self.1.put(key, value, None).await,
                WrongKv::FirstWriteWins if self.1.get(key).await?.is_some() => Ok(()),
                WrongKv::TakesTextOnly => {
                    let text = String::from_utf8_lossy(&value).into_owned();
                    self.1.put(key, text.into(), expires).await
                }
                WrongKv::FoldsCase => self.1.put(&key.to_lowercase(), value, expires).await,
                _ => self.1.put(key, value, expires).await,
            }
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            match self.0 {
                WrongKv::NeverDeletes => Ok(()),
                _ => self.1.delete(key).await,
            }
        }
        .boxed()
    }
}

#[test]
fn key_value_stores_that_get_something_wrong_are_found() {
    for (wrong, case) in [
        (WrongKv::NeverExpires, "what_has_expired_is_absent"),
        (WrongKv::NeverDeletes, "what_is_deleted_is_absent"),
        (WrongKv::FirstWriteWins, "the_last_write_wins"),
        (WrongKv::TakesTextOnly, "values_are_any_bytes"),
        (WrongKv::FoldsCase, "keys_are_told_apart_exactly"),
    ] {
        let broken = broken::<Arc<dyn Kv>>(&contract::kv(), |clock| {
            Arc::new(BrokenKv(wrong, MemoryKv::new(clock)))
        });
        assert!(broken.contains(&case), "{wrong:?} broke only {broken:?}");
    }
}

/// What a store of blobs gets wrong.
#[derive(Clone, Copy, Debug)]
enum WrongBlob {
    KeepsWhatFailed,
    ForgetsTheEnd,
    IgnoresRanges,
    NeverDeletes,
    TakesAnyKey,
    FoldsCase,
    ListsByText,
}

struct BrokenBlob(WrongBlob, MemoryBlob);

impl BrokenBlob {
    fn key(&self, key: &str) -> String {
        match self.0 {
            WrongBlob::FoldsCase => key.to_lowercase(),
            WrongBlob::TakesAnyKey => key.replace("..", "up"),
            _ => key.to_owned(),
        }
    }
}

impl Blob for BrokenBlob {
    fn put<'a>(
        &'a self,
        key: &'a str,
        source: BlobSource<'a>,
    ) -> BoxFuture<'a, openclaw_core::Result<u64>> {
        async move {
            let source = match self.0 {
                WrongBlob::KeepsWhatFailed => {
                    source.take_while(|piece| ready(piece.is_ok())).boxed()
                }
                WrongBlob::ForgetsTheEnd => source.take(3).boxed(),
                _ => source,
            };
            self.1.put(&self.key(key), source).await
        }
        .boxed()
    }

    fn get<'a>(
        &'a self,
        key: &'a str,
        range: Option<Range<u64>>,
    ) -> BoxFuture<'a, Result<Option<ByteStream>, StoreError>> {
        async move {
            let range = range.filter(|_| !matches!(self.0, WrongBlob::IgnoresRanges));
            self.1.get(&self.key(key), range).await
        }
        .boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<u64>, StoreError>> {
        async move { self.1.head(&self.key(key)).await }.boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            match self.0 {
                WrongBlob::NeverDeletes => Ok(()),
                _ => self.1.delete(&self.key(key)).await,
            }
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, StoreError>> {
        async move {
            match self.0 {
                WrongBlob::ListsByText => {
                    let mut keys = self.1.keys();
                    keys.retain(|key| key.starts_with(prefix));
                    Ok(keys)
                }
                _ => self.1.list(&self.key(prefix)).await,
            }
        }
        .boxed()
    }
}

#[test]
fn stores_of_blobs_that_get_something_wrong_are_found() {
    for (wrong, case) in [
        (
            WrongBlob::KeepsWhatFailed,
            "a_source_that_fails_leaves_nothing",
        ),
        (WrongBlob::ForgetsTheEnd, "a_long_blob_is_whole"),
        (WrongBlob::IgnoresRanges, "ranges_are_exact"),
        (WrongBlob::NeverDeletes, "what_is_deleted_is_absent"),
        (WrongBlob::TakesAnyKey, "what_is_no_key_is_refused"),
        (WrongBlob::FoldsCase, "keys_are_told_apart_exactly"),
        (
            WrongBlob::ListsByText,
            "a_list_has_what_begins_with_its_names",
        ),
    ] {
        let broken = broken::<Arc<dyn Blob>>(&contract::blob(), |_| {
            Arc::new(BrokenBlob(wrong, MemoryBlob::default()))
        });
        assert!(broken.contains(&case), "{wrong:?} broke only {broken:?}");
    }
}
