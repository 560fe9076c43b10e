use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Clock, Ledger, StoreError,
    ledger::{Applied, Durable, Evaluation, Item, Outcome, Step, evaluate},
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
    sync::Arc,
};

/// [`Ledger`] in memory.
pub struct MemoryLedger {
    clock: Arc<dyn Clock>,
    accounts: Mutex<HashMap<String, BTreeMap<String, Item>>>,
}

impl MemoryLedger {
    /// An empty ledger; `clock` says what has expired.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            accounts: Mutex::default(),
        }
    }

    fn apply(&self, account: &str, steps: Vec<Step>) -> Result<Outcome, StoreError> {
        let mut accounts = self.accounts.lock();
        let items = accounts.entry(account.to_owned()).or_default();
        let find = |key: &str| Ok(items.get(key).cloned());
        let (writes, values) = match evaluate(steps, self.clock.now(), find)? {
            Evaluation::Refuse { step } => return Ok(Outcome::Refused { step }),
            Evaluation::Apply { writes, values } => (writes, values),
        };
        for (key, item) in writes {
            match item {
                Some(item) => items.insert(key, item),
                None => items.remove(&key),
            };
        }
        Ok(Outcome::Applied(Applied {
            values,
            durable: Durable::now(),
        }))
    }

    fn find(
        &self,
        account: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<(String, Item)> {
        let now = self.clock.now();
        let first = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let accounts = self.accounts.lock();
        let items = accounts.get(account).into_iter();
        items
            .flat_map(|items| items.range::<str, _>((first, Bound::Unbounded)))
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(_, item)| item.is_live(now))
            .take(limit)
            .map(|(key, item)| (key.clone(), item.clone()))
            .collect()
    }
}

impl Ledger for MemoryLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        async move { self.apply(account, steps) }.boxed()
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        async move { Ok(self.find(account, prefix, after, limit)) }.boxed()
    }
}
