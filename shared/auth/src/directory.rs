//! Accounts and keys: made, listed, changed, revoked.

use crate::{
    api_key,
    record::{ACCOUNT, Credential, KEY, KeyRecord, OPERATOR, USED, decode, decode_item, encode},
};
use openclaw_core::{
    Error, Ports, Result, Secret, Timestamp,
    ledger::{Outcome, Step, When},
    time,
};
use openclaw_schema::{
    account::{Account, CreateAccount, Status, UpdateAccount},
    key::{CreateKey, Key, NewKey, RotateKey, Scope, UpdateKey},
    list::{List, Page},
};
use serde::Serialize;
use std::collections::HashMap;

/// More keys than this an account cannot have: a change of the account rewrites the projection
/// of each.
const MAX_KEYS: usize = 1000;

/// The accounts and their keys.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    ports: &'a Ports,
    pepper: &'a Secret,
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
            created_at: self.now(),
        };
        self.put(OPERATOR, ACCOUNT, &account.id, &account, When::Absent)
            .await?;
        Ok(account)
    }

    /// The accounts in order of their ids.
    pub async fn list_accounts(&self, page: &Page) -> Result<List<Account>> {
        Ok(List::page(self.list(OPERATOR, ACCOUNT, page).await?, page))
    }

    /// One account; 404.
    pub async fn account(&self, id: &str) -> Result<Account> {
        self.find(OPERATOR, ACCOUNT, id)
            .await?
            .ok_or_else(|| no_account(id))
    }

    /// Changes an account, its keys' projections included; 404.
    pub async fn update_account(&self, id: &str, change: UpdateAccount) -> Result<Account> {
        change.validate()?;
        let account = change.apply(self.account(id).await?);
        self.put(OPERATOR, ACCOUNT, id, &account, When::Present)
            .await?;
        for record in self.key_records(id).await? {
            self.publish(record, &account).await?;
        }
        Ok(account)
    }

    /// Removes an account and revokes its keys; its usage stays until it expires. 404.
    pub async fn delete_account(&self, id: &str) -> Result<()> {
        self.account(id).await?;
        for record in self.key_records(id).await? {
            self.revoke_key(id, &record.key.id).await?;
        }
        if !self.apply(OPERATOR, remove(ACCOUNT, id)).await? {
            return Err(no_account(id));
        }
        Ok(())
    }

    /// Makes a key for an account; 404 for the account, 409 when it has 1,000.
    pub async fn create_key(&self, account: &str, request: CreateKey) -> Result<NewKey> {
        let now = self.now();
        request.validate(now)?;
        let account = self.account(account).await?;
        if self.key_records(&account.id).await?.len() >= MAX_KEYS {
            let message = format!("An account has at most {MAX_KEYS} keys");
            return Err(Error::new(openclaw_core::Code::Conflict, message));
        }
        let (id, secret) = api_key::generate(&*self.ports.random, request.mode);
        let key = Key {
            id,
            object: "key".into(),
            account: account.id.clone(),
            name: request.name,
            mode: request.mode,
            scopes: request.scopes.unwrap_or_else(|| Scope::DEFAULT.into()),
            expires_at: request.expires_at,
            rate_limit: request.rate_limit,
            monthly_budget: request.monthly_budget,
            models: request.models,
            on_disconnect: request.on_disconnect,
            created_at: now,
            last_used_at: None,
        };
        let hash = api_key::hash(self.pepper, &secret);
        let record = KeyRecord {
            key: key.clone(),
            hash,
            previous: None,
        };
        self.store_key(record, &account, When::Absent).await?;
        Ok(NewKey { key, secret })
    }

    /// An account's keys in order of their ids.
    pub async fn list_keys(&self, account: &str, page: &Page) -> Result<List<Key>> {
        let records: Vec<KeyRecord> = self.list(account, KEY, page).await?;
        let used = self.last_uses(account).await?;
        let shown = records.into_iter().map(|KeyRecord { key, .. }| Key {
            last_used_at: used.get(&key.id).copied(),
            ..key
        });
        Ok(List::page(shown.collect(), page))
    }

    /// One of an account's keys; 404.
    pub async fn key(&self, account: &str, id: &str) -> Result<Key> {
        let KeyRecord { key, .. } = self.key_record(account, id).await?;
        let last_used_at = self.find(account, USED, id).await?;
        Ok(Key {
            last_used_at,
            ..key
        })
    }

    /// The account a key belongs to; 404. Up to 60 s behind, as `Kv` is.
    pub async fn account_of_key(&self, id: &str) -> Result<String> {
        let key = format!("{KEY}{id}");
        let bytes = self.ports.kv.get(&key).await?.ok_or_else(|| no_key(id))?;
        Ok(decode::<Credential>(&bytes)?.account.id)
    }

    /// Changes a key; 404.
    pub async fn update_key(&self, account: &str, id: &str, change: UpdateKey) -> Result<Key> {
        change.validate(self.now())?;
        let record = self.key_record(account, id).await?;
        let record = KeyRecord {
            key: change.apply(record.key),
            ..record
        };
        self.replace_key(account, record).await
    }

    /// Gives a key a new text; the old one works on for the grace period. 404.
    pub async fn rotate_key(&self, account: &str, id: &str, request: &RotateKey) -> Result<NewKey> {
        request.validate()?;
        let record = self.key_record(account, id).await?;
        let secret = api_key::regenerate(&*self.ports.random, record.key.mode, id);
        let grace = i64::try_from(request.grace_period).unwrap_or_default();
        let record = KeyRecord {
            previous: Some((record.hash, time::shift(self.now(), grace))),
            hash: api_key::hash(self.pepper, &secret),
            key: record.key,
        };
        let key = self.replace_key(account, record).await?;
        Ok(NewKey { key, secret })
    }

    /// Revokes a key for good; 404.
    pub async fn revoke_key(&self, account: &str, id: &str) -> Result<()> {
        self.key_record(account, id).await?;
        // The projection goes first: a crash in between leaves a key that is listed but dead.
        self.ports.kv.delete(&format!("{KEY}{id}")).await?;
        if !self.apply(account, remove(KEY, id)).await? {
            return Err(no_key(id));
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        time::whole_second(self.ports.clock.now())
    }

    async fn key_record(&self, account: &str, id: &str) -> Result<KeyRecord> {
        self.find(account, KEY, id).await?.ok_or_else(|| no_key(id))
    }

    async fn key_records(&self, account: &str) -> Result<Vec<KeyRecord>> {
        self.list(
            account,
            KEY,
            &Page {
                limit: MAX_KEYS,
                after: None,
            },
        )
        .await
    }

    async fn last_uses(&self, account: &str) -> Result<HashMap<String, Timestamp>> {
        let items = self
            .ports
            .ledger
            .query(account, USED, None, MAX_KEYS)
            .await?;
        let read = |(key, item): &(String, _)| Ok((key[USED.len()..].into(), decode_item(item)?));
        items.iter().map(read).collect()
    }

    async fn replace_key(&self, account: &str, record: KeyRecord) -> Result<Key> {
        let account = self.account(account).await?;
        let key = record.key.clone();
        self.store_key(record, &account, When::Present).await?;
        Ok(key)
    }

    async fn store_key(&self, record: KeyRecord, account: &Account, when: When) -> Result<()> {
        self.put(&account.id, KEY, &record.key.id, &record, when)
            .await?;
        self.publish(record, account).await
    }

    /// Writes what authentication reads.
    async fn publish(&self, record: KeyRecord, account: &Account) -> Result<()> {
        let key = format!("{KEY}{}", record.key.id);
        let expires = record.key.expires_at;
        let credential = Credential::new(record, account.clone());
        Ok(self
            .ports
            .kv
            .put(&key, encode(&credential)?, expires)
            .await?)
    }

    async fn find<T: serde::de::DeserializeOwned>(
        &self,
        account: &str,
        kind: &str,
        id: &str,
    ) -> Result<Option<T>> {
        let key = format!("{kind}{id}");
        let found = self.ports.ledger.get(account, &key).await?;
        found.as_ref().map(decode_item).transpose()
    }

    /// One item more than the page shows, where there is one.
    async fn list<T: serde::de::DeserializeOwned>(
        &self,
        account: &str,
        kind: &str,
        page: &Page,
    ) -> Result<Vec<T>> {
        let after = page.after.as_ref().map(|id| format!("{kind}{id}"));
        let ledger = &self.ports.ledger;
        let items = ledger
            .query(account, kind, after.as_deref(), page.limit + 1)
            .await?;
        items.iter().map(|(_, item)| decode_item(item)).collect()
    }

    async fn put<T: Serialize>(
        &self,
        account: &str,
        kind: &str,
        id: &str,
        value: &T,
        when: When,
    ) -> Result<()> {
        if !self.apply(account, write(kind, id, value, when)?).await? {
            let message = "It was changed by another request at the same time";
            return Err(Error::new(openclaw_core::Code::Conflict, message));
        }
        Ok(())
    }

    async fn apply(&self, account: &str, step: Step) -> Result<bool> {
        match self.ports.ledger.transact(account, vec![step]).await? {
            Outcome::Refused { .. } => Ok(false),
            Outcome::Applied(applied) => {
                applied.durable.await?;
                Ok(true)
            }
        }
    }
}

/// The step that notes, in its account's partition, that a key is used at `now`.
pub(crate) fn note_use(id: &str, now: Timestamp) -> Result<Step> {
    write(USED, id, &time::floor(now, time::MINUTE), When::Always)
}

fn write<T: Serialize>(kind: &str, id: &str, value: &T, when: When) -> Result<Step> {
    Ok(Step::Put {
        key: format!("{kind}{id}"),
        document: encode(value)?,
        when,
        expires: None,
    })
}

fn remove(kind: &str, id: &str) -> Step {
    Step::Delete {
        key: format!("{kind}{id}"),
        when: When::Present,
    }
}

fn no_account(id: &str) -> Error {
    Error::not_found(format_args!("account '{id}'"))
}

fn no_key(id: &str) -> Error {
    Error::not_found(format_args!("key '{id}'"))
}
