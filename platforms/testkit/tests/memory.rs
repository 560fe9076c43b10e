//! The stores in memory keep the contract.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use futures_executor::block_on;
use openclaw_core::{
    Blob, BoxFuture, Kv, Ledger, Spawn,
    ledger::{Pages, Step, When},
    time,
};
use openclaw_testkit::{
    ManualClock, MemoryBlob, MemoryKv, MemoryLedger,
    contract::{self, Subject, Verdict},
};
use std::sync::Arc;

/// A thread a task: racing calls really race.
struct Threads;

impl Spawn for Threads {
    fn spawn(&self, task: BoxFuture<'static, ()>) {
        std::thread::spawn(|| block_on(task));
    }
}

fn subject<S>(make: impl FnOnce(Arc<ManualClock>) -> S) -> Subject<S> {
    let clock = Arc::new(ManualClock::jumping(time::from_second(1_772_280_000)));
    Subject {
        store: make(clock.clone()),
        clock,
        spawn: Arc::new(Threads),
        run: "memory".into(),
    }
}

fn assert_kept(verdicts: &[Verdict]) {
    assert!(!verdicts.is_empty());
    let broken: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.result.is_err())
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn memory_kv_keeps_the_contract() {
    let subject = subject::<Arc<dyn Kv>>(|clock| Arc::new(MemoryKv::new(clock)));
    assert_kept(&block_on(contract::run(&contract::kv(), &subject)));
}

#[test]
fn memory_ledger_keeps_the_contract() {
    let subject = subject::<Arc<dyn Ledger>>(|clock| Arc::new(MemoryLedger::new(clock)));
    assert_kept(&block_on(contract::run(&contract::ledger(), &subject)));
}

#[test]
fn memory_blob_keeps_the_contract() {
    let subject = subject::<Arc<dyn Blob>>(|_| Arc::new(MemoryBlob::default()));
    assert_kept(&block_on(contract::run(&contract::blob(), &subject)));
}

#[test]
fn names_of_cases_are_distinct() {
    let mut names: Vec<_> = contract::ledger().iter().map(|case| case.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn pages_have_all_items_of_a_prefix_after_a_key() {
    let ledger = MemoryLedger::new(subject(|clock| clock).store);
    let keys = ["a/1", "a/2", "a/3", "a/4", "a/5", "b/1"];
    for key in keys {
        let step = Step::Put {
            key: key.into(),
            document: "{}".into(),
            when: When::Always,
            expires: None,
        };
        block_on(ledger.transact("acct_1", vec![step])).unwrap();
    }
    for (after, expected) in [
        (None, &keys[..5]),
        (Some("a/2"), &keys[2..5]),
        (Some("a/5"), &[]),
    ] {
        let mut pages = Pages::new(&ledger, "acct_1", "a/", after.map(str::to_owned), 2);
        let mut found = vec![];
        while let Some(page) = block_on(pages.next()).unwrap() {
            assert!((1..=2).contains(&page.len()));
            found.extend(page.into_iter().map(|(key, _)| key));
        }
        assert_eq!(found, expected, "{after:?}");
        assert_eq!(block_on(pages.next()).unwrap(), None, "it is over");
    }
}
