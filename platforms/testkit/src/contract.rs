//! The contract of the storage ports, as a list of named cases for each.
//!
//! A runner makes a store, hands it over in a [`Subject`] and reports what [`run`] returns;
//! `tests/memory.rs` has the one for the stores in memory.
//!
//! Time passes by [`Clock::sleep`]: a jumping [`ManualClock`](crate::ManualClock) that the store
//! shares makes that instant, a store with a clock of its own gets one that really sleeps (a few
//! seconds in all for a ledger; up to 61 s a case for a `Kv` that is stale for as long as it may).

mod blob;
mod kv;
mod ledger;
mod queue;
mod race;

use openclaw_core::{Blob, BoxFuture, Clock, Kv, Ledger, Spawn};
use std::{fmt, sync::Arc};

pub use blob::cases as blob;
pub use kv::cases as kv;
pub use ledger::cases as ledger;
pub use queue::cases as queue;

/// The cases of the [`Blob`] port.
pub type BlobCase = Case<Arc<dyn Blob>>;

/// The cases of the [`Kv`] port.
pub type KvCase = Case<Arc<dyn Kv>>;

/// The cases of the [`Ledger`] port.
pub type LedgerCase = Case<Arc<dyn Ledger>>;

/// What a case examines.
#[derive(Clone)]
pub struct Subject<S> {
    /// The store.
    pub store: S,
    /// The time as the store sees it, to a second.
    pub clock: Arc<dyn Clock>,
    /// Where racing calls run; in parallel where the runtime can.
    pub spawn: Arc<dyn Spawn>,
    /// Distinguishes this run's keys from those of runs before it on the same store.
    pub run: String,
}

/// One promise of a port and how to see that it holds.
pub struct Case<S> {
    /// What is promised, in `snake_case`.
    pub name: &'static str,
    check: fn(Subject<S>, String) -> BoxFuture<'static, Result<(), Breach>>,
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// [`Case::name`].
    pub case: &'static str,
    /// What was seen instead of what was promised.
    pub result: Result<(), String>,
}

impl<S: Clone> Case<S> {
    /// Examines `subject`.
    pub async fn check(&self, subject: &Subject<S>) -> Verdict {
        let scope = format!("{}_{}", self.name, subject.run);
        let result = (self.check)(subject.clone(), scope).await;
        Verdict {
            case: self.name,
            result: result.map_err(|breach| breach.0),
        }
    }
}

/// Examines `subject` in every case, one after the other.
pub async fn run<S: Clone>(cases: &[Case<S>], subject: &Subject<S>) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(cases.len());
    for case in cases {
        verdicts.push(case.check(subject).await);
    }
    verdicts
}

/// A promise that was not kept, or a call that failed.
#[derive(Debug)]
struct Breach(String);

impl<E: std::error::Error> From<E> for Breach {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// `seen` must be `promised`.
fn expect<T: PartialEq + fmt::Debug>(what: &str, seen: T, promised: T) -> Result<(), Breach> {
    if seen == promised {
        return Ok(());
    }
    Err(Breach(format!("{what}: {seen:?} instead of {promised:?}")))
}

/// Cases named by the functions that check them.
macro_rules! cases {
    ($($check:ident),* $(,)?) => {
        vec![$($crate::contract::Case {
            name: stringify!($check),
            check: |subject, scope| futures_util::FutureExt::boxed($check(subject, scope)),
        }),*]
    };
}
use cases;
