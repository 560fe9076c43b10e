//! The projection of keys into `Kv`, which authentication reads.

use crate::{
    directory::account_key,
    record::{AccountRecord, Credential, KEY, KeyRecord, OPERATOR, decode, encode},
    store::{self, Stored, Tries, apply, put},
};
use openclaw_core::{Ports, Result};
use std::collections::HashMap;

/// Has an account know which types of events its webhooks want; nothing where there is no such account.
/// Its keys' projections follow, so every process knows it within 60 s.
pub async fn set_events(ports: &Ports, account: &str, events: Vec<String>) -> Result<()> {
    let publisher = Publisher::new(ports);
    let mut tries = Tries::default();
    loop {
        tries.another()?;
        let Some(stored) = publisher.account(account).await? else {
            return Ok(());
        };
        let mut record = stored.value.clone();
        if record.account.events == events {
            break;
        }
        record.account.events.clone_from(&events);
        record.revision += 1;
        let put = put(account_key(account), &record, stored.unchanged())?;
        if apply(&*ports.ledger, OPERATOR, vec![put]).await? {
            break;
        }
    }
    // Also where nothing changed: whoever changed it may have died before this.
    publisher.publish_all(account).await
}

/// Writes what is projected of keys. `Kv` knows no conditions: of two that write at the same time
/// the older may come last. So whoever has written looks at the ledger again, and writes what is
/// there by now, until nothing has changed in between.
#[derive(Clone, Copy)]
pub(crate) struct Publisher<'a>(&'a Ports);

impl<'a> Publisher<'a> {
    pub(crate) const fn new(ports: &'a Ports) -> Self {
        Self(ports)
    }

    /// Projects a key that the account has or had, as the ledger has it; removes the projection
    /// where the ledger has none.
    pub(crate) async fn publish(&self, account: &str, id: &str) -> Result<()> {
        let revisions =
            |credential: &Credential| (credential.record.revision, credential.account_revision);
        let mut tries = Tries::default();
        let mut ledger = self.read(account, id).await?;
        loop {
            tries.another()?;
            match &ledger {
                Some(credential) => self.put(credential).await?,
                None => self.0.kv.delete(&format!("{KEY}{id}")).await?,
            }
            let after = self.read(account, id).await?;
            if after.as_ref().map(revisions) == ledger.as_ref().map(revisions) {
                return Ok(());
            }
            ledger = after;
        }
    }

    /// Projects all keys of an account whose record has changed.
    pub(crate) async fn publish_all(&self, id: &str) -> Result<()> {
        let mut tries = Tries::default();
        while let Some(account) = self.account(id).await? {
            tries.another()?;
            let keys = self.keys(id).await?;
            for (_, record) in &keys {
                let credential = Credential::new(record.clone(), account.value.clone());
                self.put(&credential).await?;
            }
            let after: HashMap<_, _> = self.keys(id).await?.into_iter().collect();
            for (key, record) in &keys {
                if after.get(key).map(|after| after.revision) != Some(record.revision) {
                    self.publish(id, key).await?;
                }
            }
            let after = self.account(id).await?;
            if after.is_none_or(|after| after.value.revision == account.value.revision) {
                break;
            }
        }
        Ok(())
    }

    /// Removes what is projected of a key that the ledger of this account does not have, unless
    /// it is another account's.
    pub(crate) async fn retract(&self, account: &str, id: &str) -> Result<()> {
        let key = format!("{KEY}{id}");
        let Some(projected) = self.0.kv.get(&key).await? else {
            return Ok(());
        };
        if decode::<Credential>(&projected)?.account.id == account {
            self.0.kv.delete(&key).await?;
        }
        Ok(())
    }

    async fn put(&self, credential: &Credential) -> Result<()> {
        let key = format!("{KEY}{}", credential.record.key.id);
        Ok(self.0.kv.put(&key, encode(credential)?, None).await?)
    }

    async fn read(&self, account: &str, id: &str) -> Result<Option<Credential>> {
        let key = format!("{KEY}{id}");
        let record = store::find(&*self.0.ledger, account, &key).await?;
        let Some(record): Option<Stored<KeyRecord>> = record else {
            return Ok(None);
        };
        let account = self.account(account).await?;
        Ok(account.map(|account| Credential::new(record.value, account.value)))
    }

    async fn account(&self, id: &str) -> Result<Option<Stored<AccountRecord>>> {
        store::find(&*self.0.ledger, OPERATOR, &account_key(id)).await
    }

    async fn keys(&self, account: &str) -> Result<Vec<(String, KeyRecord)>> {
        store::all(&*self.0.ledger, account, KEY).await
    }
}
