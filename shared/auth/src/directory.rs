//! Accounts: made, listed, changed, deleted.

use crate::{
    publish::Publisher,
    record::{ACCOUNT, AccountRecord, KEY, KeyRecord, OPERATOR},
    standing::{Seen, State},
    store::{self, Stored, Tries, apply, put},
};
use openclaw_core::{
    Error, Ledger, Ports, Result, Secret, Timestamp,
    ledger::{Step, When},
    time,
};
use openclaw_schema::{
    account::{Account, CreateAccount, Status, UpdateAccount},
    list::{List, Page},
};

/// The accounts and their keys.
///
/// Every change is written on condition that what it changes is still as it was read, and is
/// tried again on what another request has made of it where it is not. So changes by several
/// processes come one after the other, and none brings back what another has ended.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) pepper: &'a Secret,
}

impl<'a> Directory<'a> {
    /// Over these ports; `pepper` keys the hashes of new keys.
    pub const fn new(ports: &'a Ports, pepper: &'a Secret) -> Self {
        Self { ports, pepper }
    }

    /// Makes an account.
    pub async fn create_account(&self, request: CreateAccount) -> Result<Account> {
        request.validate()?;
        let account = Account {
            id: openclaw_core::id::new(&*self.ports.random, "acct_"),
            object: "account".into(),
            name: request.name,
            tier: request.tier,
            rate_limit: request.rate_limit,
            monthly_budget: request.monthly_budget,
            status: Status::Active,
            events: vec![],
            guardrails: request.guardrails,
            created_at: self.now(),
        };
        let record = AccountRecord {
            account,
            revision: 1,
        };
        // Ids are random: there is nothing to overwrite.
        let put = put(account_key(&record.account.id), &record, When::Always)?;
        apply(self.ledger(), OPERATOR, vec![put]).await?;
        Ok(record.account)
    }

    /// The accounts in order of their ids.
    pub async fn list_accounts(&self, page: &Page) -> Result<List<Account>> {
        let after = page.after.as_deref();
        let found = store::some(self.ledger(), OPERATOR, ACCOUNT, after, page.limit + 1).await?;
        let accounts = found
            .into_iter()
            .map(|record: AccountRecord| record.account);
        Ok(List::page(accounts.collect(), page))
    }

    /// One account; 404.
    pub async fn account(&self, id: &str) -> Result<Account> {
        Ok(self.account_record(id).await?.value.account)
    }

    /// Changes an account, its keys' projections included; 404.
    ///
    /// Suspension counts from the moment this returns at the latest, for whatever is admitted, and
    /// however stale a cache. Where it fails halfway, the account's keys are refused until it is
    /// called again.
    pub async fn update_account(&self, id: &str, change: UpdateAccount) -> Result<Account> {
        change.validate()?;
        let mut tries = Tries::default();
        let record = loop {
            tries.another()?;
            let stored = self.account_record(id).await?;
            let record = AccountRecord {
                account: change.clone().apply(stored.value.account.clone()),
                revision: stored.value.revision + 1,
            };
            // Whatever takes away goes first.
            if record.account.status == Status::Suspended {
                self.set_state(id, State::Suspended, record.revision)
                    .await?;
            }
            let put = put(account_key(id), &record, stored.unchanged())?;
            if apply(self.ledger(), OPERATOR, vec![put]).await? {
                break record;
            }
        };
        self.follow(id).await?;
        self.publisher().publish_all(id).await?;
        Ok(record.account)
    }

    /// Removes an account and revokes its keys; its usage stays until it expires. 404. Where it
    /// fails halfway, nothing opens the account any more, and it is to be called again.
    pub async fn delete_account(&self, id: &str) -> Result<()> {
        let stored = self.account_record(id).await?;
        self.set_state(id, State::Deleted, stored.value.revision)
            .await?;
        // No key is made any more.
        for (key, _) in self.key_records(id).await? {
            match self.revoke_key(id, &key).await {
                Err(error) if error.code != openclaw_core::Code::NotFound => return Err(error),
                _ => {}
            }
        }
        let key = account_key(id);
        let when = When::Present;
        match apply(self.ledger(), OPERATOR, vec![Step::Delete { key, when }]).await? {
            true => Ok(()),
            false => Err(no_account(id)),
        }
    }

    /// Has admission know what the account's record says of its status.
    async fn follow(&self, id: &str) -> Result<()> {
        let mut tries = Tries::default();
        let mut known = self.find_account(id).await?;
        while let Some(record) = known {
            tries.another()?;
            let state = match record.value.account.status {
                Status::Active => State::Active,
                Status::Suspended => State::Suspended,
            };
            let revision = record.value.revision;
            self.set_state(id, state, revision).await?;
            known = self.find_account(id).await?;
            known = known.filter(|after| after.value.revision != revision);
        }
        Ok(())
    }

    /// Has admission know that the account is in this state as of that revision of its record,
    /// unless it knows of a later one. Deletion is for good.
    async fn set_state(&self, id: &str, state: State, revision: u64) -> Result<()> {
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let seen = Seen::read(self.ledger(), id).await?;
            let is_known = seen.standing.state == state
                && (state == State::Active || seen.standing.revision == revision);
            let is_late = state != State::Deleted && seen.standing.revision > revision;
            if seen.standing.state == State::Deleted || is_known || is_late {
                return Ok(());
            }
            let step = seen.set(state, revision, self.ports.clock.now())?;
            if apply(self.ledger(), id, vec![step]).await? {
                return Ok(());
            }
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        time::whole_second(self.ports.clock.now())
    }

    pub(crate) fn ledger(&self) -> &'a dyn Ledger {
        &*self.ports.ledger
    }

    pub(crate) const fn publisher(&self) -> Publisher<'a> {
        Publisher::new(self.ports)
    }

    pub(crate) async fn account_record(&self, id: &str) -> Result<Stored<AccountRecord>> {
        self.find_account(id).await?.ok_or_else(|| no_account(id))
    }

    pub(crate) async fn find_account(&self, id: &str) -> Result<Option<Stored<AccountRecord>>> {
        store::find(self.ledger(), OPERATOR, &account_key(id)).await
    }

    async fn key_records(&self, account: &str) -> Result<Vec<(String, KeyRecord)>> {
        store::all(self.ledger(), account, KEY).await
    }
}

pub(crate) fn account_key(id: &str) -> String {
    format!("{ACCOUNT}{id}")
}

pub(crate) fn no_account(id: &str) -> Error {
    Error::not_found(format_args!("account '{id}'"))
}
