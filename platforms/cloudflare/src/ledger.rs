//! The ledger: one Durable Object an account, called by RPC with bytes.

mod call;
mod gather;
mod items;
mod line;
mod object;
mod sql;
mod wire;

pub use object::AccountLedger;

use crate::{Env, glue};
use call::Objects;
use gather::Gather;
use openclaw_core::{
    BoxFuture, Clock, Ledger, StoreError,
    ledger::{Item, Outcome, Step},
};
use send_wrapper::SendWrapper;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use wire::{Range, Transaction};

/// [`Ledger`] on Durable Objects: `AccountLedger`, one an account, by the account's name.
///
/// An object's answer leaves it only when what it tells of is durable.
pub struct DurableLedger {
    gather: SendWrapper<Gather>,
    clock: Arc<dyn Clock>,
}

impl DurableLedger {
    /// The ledger behind a binding, `None` where the Worker has none of that name; `clock` says what
    /// has expired.
    pub fn bound(env: &Env, binding: &str, clock: Arc<dyn Clock>) -> Option<Self> {
        let objects = Objects::new(glue::bound(env, binding)?.unchecked_into());
        let gather = SendWrapper::new(Gather::new(objects));
        Some(Self { gather, clock })
    }

    async fn apply(&self, account: &str, steps: Vec<Step>) -> Result<Outcome, StoreError> {
        let now = self.clock.now();
        let transaction = Transaction { now, steps };
        let answer = self.gather.transact(account, &transaction).await?;
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
            let page = self.gather.objects().query(account, &bytes).await?;
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
