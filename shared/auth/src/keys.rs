//! Keys: made, listed, changed, rotated, revoked.

use crate::{
    Directory, api_key,
    directory::no_account,
    record::{Credential, KEY, KEY_COUNT, KeyCount, KeyRecord, USED, decode},
    standing::{Seen, State},
    store::{self, Stored, Tries, apply, put},
};
use openclaw_core::{
    Code, Error, Result, Timestamp,
    ledger::{Step, When},
    time,
};
use openclaw_schema::{
    account::Account,
    event::EventType,
    key::{CreateKey, Key, NewKey, RotateKey, Scope, UpdateKey},
    list::{List, Page},
};
use std::collections::HashMap;

/// More keys than this an account cannot have: a change of the account rewrites the projection
/// of each.
const MAX_KEYS: usize = 1000;

impl Directory<'_> {
    /// Makes a key for an account; 404 for the account, 409 when it has 1,000.
    pub async fn create_key(&self, account: &str, request: CreateKey) -> Result<NewKey> {
        let now = self.now();
        request.validate(now)?;
        let (id, secret) = api_key::generate(&*self.ports.random, request.mode);
        let record = KeyRecord {
            key: Key {
                id: id.clone(),
                account: account.into(),
                name: request.name,
                mode: request.mode,
                scopes: request.scopes.unwrap_or_else(|| Scope::DEFAULT.into()),
                expires_at: request.expires_at,
                rate_limit: request.rate_limit,
                monthly_budget: request.monthly_budget,
                models: request.models,
                on_disconnect: request.on_disconnect,
                route_override: request.route_override,
                created_at: now,
                ..Key::default()
            },
            hash: api_key::hash(self.pepper, &secret),
            previous: None,
            generation: 0,
            revision: 1,
        };
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            // In this order: a deletion that begins after the account's record was read changes
            // what is checked.
            let seen = Seen::read(self.ledger(), account).await?;
            let owner = self.account_record(account).await?.value.account;
            if seen.standing.state == State::Deleted {
                return Err(no_account(account));
            }
            let (count, unchanged) = self.key_count(account).await?;
            if count >= MAX_KEYS {
                let message = format!("An account has at most {MAX_KEYS} keys");
                return Err(Error::new(Code::Conflict, message));
            }
            let mut steps = vec![
                put(key_of(&id), &record, When::Absent)?,
                set_count(count + 1, unchanged)?,
                seen.check(),
            ];
            steps.extend(tell(&owner, EventType::KeyCreated, &record, now)?);
            if apply(self.ledger(), account, steps).await? {
                break;
            }
        }
        self.publisher().publish(account, &id).await?;
        let key = record.key;
        Ok(NewKey { key, secret })
    }

    /// An account's keys in order of their ids.
    pub async fn list_keys(&self, account: &str, page: &Page) -> Result<List<Key>> {
        let after = page.after.as_deref();
        let found = store::some(self.ledger(), account, KEY, after, page.limit + 1).await?;
        let used: HashMap<String, Timestamp> = store::all(self.ledger(), account, USED)
            .await?
            .into_iter()
            .collect();
        let now = self.now();
        let shown = found.into_iter().map(|record: KeyRecord| {
            let used = used.get(&record.key.id).copied();
            record.shown(used, now)
        });
        Ok(List::page(shown.collect(), page))
    }

    /// The names of an account's keys, by their ids.
    pub async fn key_names(&self, account: &str) -> Result<HashMap<String, String>> {
        let found = store::all(self.ledger(), account, KEY).await?.into_iter();
        let named = |(id, record): (String, KeyRecord)| (id, record.key.name);
        Ok(found.map(named).collect())
    }

    /// One of an account's keys; 404.
    pub async fn key(&self, account: &str, id: &str) -> Result<Key> {
        let record = self.key_record(account, id).await?.value;
        let used: Option<Stored<Timestamp>> =
            store::find(self.ledger(), account, &format!("{USED}{id}")).await?;
        Ok(record.shown(used.map(|used| used.value), self.now()))
    }

    /// The account a key belongs to; 404. Up to 60 s late, as `Kv` is.
    pub async fn account_of_key(&self, id: &str) -> Result<String> {
        let bytes = self.ports.kv.get(&key_of(id)).await?;
        let bytes = bytes.ok_or_else(|| no_key(id))?;
        Ok(decode::<Credential>(&bytes)?.account.id)
    }

    /// Changes a key; 404.
    pub async fn update_key(&self, account: &str, id: &str, change: UpdateKey) -> Result<Key> {
        change.validate(self.now())?;
        let changed = self.change_key(account, id, None, |record| KeyRecord {
            key: change.clone().apply(record.key),
            ..record
        });
        let record = changed.await?;
        let used = record.key.last_used_at;
        Ok(record.shown(used, self.now()))
    }

    /// Gives a key a new text; the old one works on for the grace period. 404.
    ///
    /// Without one the old text, and tokens made from it, are refused from the moment this
    /// returns at the latest, for whatever is admitted, and however stale a cache.
    pub async fn rotate_key(&self, account: &str, id: &str, request: &RotateKey) -> Result<NewKey> {
        request.validate()?;
        let mode = self.key_record(account, id).await?.value.key.mode;
        let secret = api_key::regenerate(&*self.ports.random, mode, id);
        let hash = api_key::hash(self.pepper, &secret);
        let grace = i64::try_from(request.grace_period).unwrap_or_default();
        let until = time::shift(self.now(), grace);
        let rotated = Some(EventType::KeyRotated);
        let changed = self.change_key(account, id, rotated, |record| KeyRecord {
            generation: record.generation() + 1,
            previous: Some((record.hash, until)),
            hash: hash.clone(),
            ..record
        });
        let record = changed.await?;
        let used = record.key.last_used_at;
        let key = record.shown(used, self.now());
        Ok(NewKey { key, secret })
    }

    /// Revokes a key for good; 404. It is refused from the moment this returns at the latest, for
    /// whatever is admitted, and however stale a cache.
    pub async fn revoke_key(&self, account: &str, id: &str) -> Result<()> {
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let seen = Seen::read(self.ledger(), account).await?;
            let Some(stored) = self.find_key(account, id).await? else {
                self.publisher().retract(account, id).await?;
                return Err(no_key(id));
            };
            let (count, unchanged) = self.key_count(account).await?;
            // Of an account that is being deleted nobody is told.
            let owner = self.find_account(account).await?;
            // After everything is read: what is noted is kept from the moment it is written.
            let now = self.ports.clock.now();
            let mut steps = vec![
                Step::Delete {
                    key: key_of(id),
                    when: stored.unchanged(),
                },
                Step::Delete {
                    key: format!("{USED}{id}"),
                    when: When::Always,
                },
                set_count(count.saturating_sub(1), unchanged)?,
                seen.note(id, None, now)?,
            ];
            if let Some(owner) = owner {
                let revoked = EventType::KeyRevoked;
                steps.extend(tell(&owner.value.account, revoked, &stored.value, now)?);
            }
            if apply(self.ledger(), account, steps).await? {
                return self.publisher().publish(account, id).await;
            }
        }
    }

    /// Replaces what is stored of a key by what `change` makes of it, notes it for admission, and tells
    /// the account's webhooks that `event` happened.
    async fn change_key(
        &self,
        account: &str,
        id: &str,
        event: Option<EventType>,
        change: impl Fn(KeyRecord) -> KeyRecord,
    ) -> Result<KeyRecord> {
        let mut tries = Tries::default();
        loop {
            tries.another()?;
            let seen = Seen::read(self.ledger(), account).await?;
            let stored = self.key_record(account, id).await?;
            let mut record = change(stored.value.clone());
            record.revision += 1;
            let owner = match event {
                Some(event) => Some((event, self.account_record(account).await?)),
                None => None,
            };
            // After everything is read: what is noted is kept from the moment it is written.
            let now = self.ports.clock.now();
            let mut steps = vec![
                put(key_of(id), &record, stored.unchanged())?,
                seen.note(id, Some(record.revision), now)?,
            ];
            if let Some((event, owner)) = owner {
                steps.extend(tell(&owner.value.account, event, &record, now)?);
            }
            if apply(self.ledger(), account, steps).await? {
                self.publisher().publish(account, id).await?;
                return Ok(record);
            }
        }
    }

    /// How many keys the account has, and what to demand so that it is still as many.
    async fn key_count(&self, account: &str) -> Result<(usize, When)> {
        let stored = store::find(self.ledger(), account, KEY_COUNT).await?;
        let stored: Option<Stored<KeyCount>> = stored;
        Ok(match stored {
            Some(stored) => (stored.value.count, stored.unchanged()),
            // Its keys were made before they were counted.
            None => {
                let keys: Vec<(String, KeyRecord)> =
                    store::all(self.ledger(), account, KEY).await?;
                (keys.len(), When::Absent)
            }
        })
    }

    async fn key_record(&self, account: &str, id: &str) -> Result<Stored<KeyRecord>> {
        let found = self.find_key(account, id).await?;
        found.ok_or_else(|| no_key(id))
    }

    async fn find_key(&self, account: &str, id: &str) -> Result<Option<Stored<KeyRecord>>> {
        store::find(self.ledger(), account, &key_of(id)).await
    }
}

/// The step that tells the account's webhooks what happened to a key.
fn tell(
    account: &Account,
    kind: EventType,
    record: &KeyRecord,
    now: Timestamp,
) -> Result<Option<Step>> {
    let Key { id, name, .. } = &record.key;
    // What happens to a key happens once for each revision of it.
    let name_of_event = format!("{id}_{}_{}", record.revision, kind.as_str());
    account.tell(
        kind,
        &name_of_event,
        now,
        || serde_json::json!({ "key": id, "name": name }),
    )
}

/// The step that notes, in its account's partition, that a key is used at `now`.
pub(crate) fn note_use(id: &str, now: Timestamp) -> Result<Step> {
    let minute = time::floor(now, time::MINUTE);
    put(format!("{USED}{id}"), &minute, When::Always)
}

fn set_count(count: usize, unchanged: When) -> Result<Step> {
    put(KEY_COUNT.into(), &KeyCount { count }, unchanged)
}

fn key_of(id: &str) -> String {
    format!("{KEY}{id}")
}

fn no_key(id: &str) -> Error {
    Error::not_found(format_args!("key '{id}'"))
}
