mod conditions;
mod counters;
mod expiry;
mod items;
mod queries;
mod racing;
mod transactions;

use super::{Breach, LedgerCase, Subject, expect};
use bytes::Bytes;
use openclaw_core::{
    Ledger, Timestamp,
    ledger::{Delta, Item, Outcome, Step, Value, When},
    time,
};
use std::{sync::Arc, time::Duration};

/// Every promise of [`Ledger`].
pub fn cases() -> Vec<LedgerCase> {
    [
        transactions::cases(),
        conditions::cases(),
        counters::cases(),
        expiry::cases(),
        items::cases(),
        queries::cases(),
        racing::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

type Store = Subject<Arc<dyn Ledger>>;
type Result<T = ()> = std::result::Result<T, Breach>;

/// Value behind each step of a transaction.
type Values = Vec<Option<Value>>;

impl Store {
    /// A transaction that must be applied; waits until it is durable.
    async fn apply(&self, account: &str, steps: Vec<Step>) -> Result<Values> {
        match self.store.transact(account, steps).await? {
            Outcome::Applied(applied) => {
                applied.durable.await?;
                Ok(applied.values)
            }
            Outcome::Refused { step } => Err(Breach(format!("step {step} was refused"))),
        }
    }

    /// A transaction that must be refused, because of this step.
    async fn refuse(&self, account: &str, steps: Vec<Step>, step: usize) -> Result {
        match self.store.transact(account, steps).await? {
            Outcome::Refused { step: seen } => expect("the step that is refused", seen, step),
            Outcome::Applied(_) => Err(Breach(format!("applied in spite of step {step}"))),
        }
    }

    /// Everything of an account, as far as it is live.
    async fn items(&self, account: &str) -> Result<Vec<(String, Item)>> {
        Ok(self.store.query(account, "", None, 1000).await?)
    }

    /// The account must hold these items and no other, in this order.
    async fn expect_items(&self, account: &str, promised: &[(&str, Value)]) -> Result {
        let seen: Vec<_> = self.items(account).await?;
        let seen: Vec<_> = seen
            .iter()
            .map(|(key, item)| (&**key, item.value.clone()))
            .collect();
        expect("items", seen, promised.to_vec())
    }

    /// So many seconds from now.
    fn after(&self, seconds: i64) -> Timestamp {
        time::shift(self.clock.now(), seconds)
    }

    async fn pass(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

fn put(key: &str, document: impl Into<Bytes>, when: When) -> Step {
    Step::Put {
        key: key.into(),
        document: document.into(),
        when,
        expires: None,
    }
}

fn delete(key: &str, when: When) -> Step {
    Step::Delete {
        key: key.into(),
        when,
    }
}

fn check(key: &str, when: When) -> Step {
    Step::Check {
        key: key.into(),
        when,
    }
}

fn add(key: &str, deltas: impl Into<Vec<Delta>>) -> Step {
    Step::Add {
        key: key.into(),
        deltas: deltas.into(),
        expires: None,
    }
}

/// The same step, for an item that goes at `expires`.
fn expiring(mut step: Step, at: Timestamp) -> Step {
    if let Step::Put { expires, .. } | Step::Add { expires, .. } = &mut step {
        *expires = Some(at);
    }
    step
}

fn document(bytes: impl Into<Bytes>) -> Value {
    Value::Document(bytes.into())
}

fn counters<const N: usize>(fields: [(&str, i64); N]) -> Value {
    Value::Counters(
        fields
            .into_iter()
            .map(|(field, count)| (field.to_owned(), count))
            .collect(),
    )
}
