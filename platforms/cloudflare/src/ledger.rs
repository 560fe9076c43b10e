//! The ledger: one Durable Object an account, called by RPC with bytes.

mod batch_queue;
mod call;
mod group_commit;
mod items;
mod jobs;
mod object;
mod sql;
mod wire;

pub use object::AccountLedger;

use call::Objects;
use group_commit::GroupCommit;
use openclaw_core::{
    BoxFuture, Clock, Ledger, StoreError,
    ledger::{Item, Outcome, Step},
};
use send_wrapper::SendWrapper;
use std::sync::Arc;
use wire::{Range, Transaction};
use worker::Env;

/// [`Ledger`] on Durable Objects: `AccountLedger`, one an account, by the account's name.
///
/// An object's answer leaves it only when the changes that it reports are durable.
pub struct DurableLedger {
    group_commit: SendWrapper<GroupCommit>,
    clock: Arc<dyn Clock>,
}

impl DurableLedger {
    /// The ledger bound as `binding`; `clock` decides what has expired.
    pub fn bound(env: &Env, binding: &str, clock: Arc<dyn Clock>) -> worker::Result<Self> {
        let objects = Objects::new(env.durable_object(binding)?);
        let group_commit = SendWrapper::new(GroupCommit::new(objects));
        Ok(Self {
            group_commit,
            clock,
        })
    }

    async fn apply(&self, account: &str, steps: Vec<Step>) -> Result<Outcome, StoreError> {
        let now = self.clock.now();
        let transaction = Transaction { now, steps };
        let answer = self.group_commit.transact(account, &transaction).await?;
        Ok(answer.into())
    }

    async fn find(
        &self,
        account: &str,
        mut range: Range,
    ) -> Result<Vec<(String, Item)>, StoreError> {
        let mut found = vec![];
        loop {
            let mut bytes = vec![];
            wire::put_range(&mut bytes, &range);
            let page = self.group_commit.objects().query(account, &bytes).await?;
            let page = wire::take_page(page.into())?;
            range.limit -= page.items.len().min(range.limit);
            range.after = page.items.last().map(|(key, _)| key.clone());
            found.extend(page.items);
            if !page.cut {
                return Ok(found);
            }
        }
    }
}

impl Ledger for DurableLedger {
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>> {
        Box::pin(SendWrapper::new(self.apply(account, steps)))
    }

    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>> {
        let range = Range {
            now: self.clock.now(),
            prefix: prefix.to_owned(),
            after: after.map(str::to_owned),
            limit,
        };
        Box::pin(SendWrapper::new(self.find(account, range)))
    }
}
