use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Ledger, StoreError,
    ledger::{Item, Outcome, Step},
};
use parking_lot::Mutex;
use std::sync::Arc;

/// What a ledger was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many steps each transaction had, in their order.
    pub transactions: Vec<usize>,
    /// Queries, and items that were asked for by their keys.
    pub reads: usize,
}

/// A ledger that counts what it is asked for: what an operation costs where stores are paid by the call.
pub struct CountingLedger {
    ledger: Arc<dyn Ledger>,
    asked: Mutex<Asked>,
}

impl CountingLedger {
    /// Counts for `ledger`.
    pub fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self {
            ledger,
            asked: Mutex::default(),
        }
    }

    /// All that was asked so far.
    pub fn asked(&self) -> Asked {
        self.asked.lock().clone()
    }
}

impl Ledger for CountingLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        self.asked.lock().transactions.push(steps.len());
        self.ledger.transact(account, steps).boxed()
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        self.asked.lock().reads += 1;
        self.ledger.query(account, prefix, after, limit).boxed()
    }
}
