//! The stores in memory keep the contract.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use futures_executor::block_on;
use openclaw_core::{Blob, BoxFuture, Kv, Ledger, Spawn, time};
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
