//! Values that are too large for a run's log: each is a blob of its own, and the log refers to it.
//!
//! A run that has one has a job that removes them all when the log is gone. It is stored before the first of
//! them is written, so a process that dies leaves nothing behind.

use crate::{
    advance::TOPIC,
    event::Event,
    record::{RunInput, RunRecord},
};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use openclaw_core::{Error, Ports, Result, Timestamp, documents::apply, id, queue::Job};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

/// Bytes of a value, as JSON, that the log itself holds. A store that is charged by the KiB takes no more for
/// it than an object store does for a write.
pub(crate) const MAX_INLINE: usize = 8 * 1024;

/// Bytes of values that are held at once, unless a single step names more.
const MAX_HELD: u64 = 8 * 1024 * 1024;

/// What the id of the job that removes a run's values has after the run's.
const SUFFIX: &str = "-values";

/// A value that is a blob.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StoredValue {
    /// Its name among those of the run.
    pub id: String,
    /// Its length as JSON.
    pub bytes: u64,
}

/// Values of blobs that were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadValues {
    values: HashMap<String, Arc<Value>>,
    bytes: u64,
}

impl ReadValues {
    pub(crate) fn get(&self, stored: &StoredValue) -> Option<&Value> {
        self.values.get(&stored.id).map(Arc::as_ref)
    }

    pub(crate) fn insert(&mut self, stored: &StoredValue, value: Value) {
        let before = self.values.insert(stored.id.clone(), Arc::new(value));
        self.bytes += if before.is_none() { stored.bytes } else { 0 };
    }
}

/// The values of a run.
#[derive(Clone)]
pub(crate) struct Values {
    ports: Ports,
    account: String,
    run: String,
    /// When they are gone.
    until: Timestamp,
}

impl Values {
    pub(crate) fn new(ports: &Ports, account: &str, run: &RunRecord) -> Self {
        Self {
            ports: ports.clone(),
            account: account.to_owned(),
            run: run.id.clone(),
            until: run.log_expires(),
        }
    }

    /// Keeps the event's value in a blob where it is too large for the log. `is_first` says whether the run has
    /// none yet.
    pub(crate) async fn store(
        &self,
        event: &mut Event,
        is_first: bool,
    ) -> Result<Option<(StoredValue, Value)>> {
        let Some((value, None)) = event.value() else {
            return Ok(None);
        };
        if !is_large(value) {
            return Ok(None);
        }
        let stored = self.put(value, is_first).await?;
        let value = event.refer_to(&stored);
        Ok(Some((stored, value)))
    }

    /// Keeps a value in a blob.
    pub(crate) async fn put(&self, value: &Value, is_first: bool) -> Result<StoredValue> {
        let text = serde_json::to_vec(value).map_err(Error::internal)?;
        self.put_bytes(text.into(), is_first).await
    }

    async fn put_bytes(&self, text: Bytes, is_first: bool) -> Result<StoredValue> {
        if is_first {
            self.remove_later().await?;
        }
        let stored = StoredValue {
            id: id::new(&*self.ports.random, ""),
            bytes: text.len() as u64,
        };
        let source = stream::iter([Ok(text)]).boxed();
        self.ports.blob.put(&self.key(&stored), source).await?;
        Ok(stored)
    }

    /// A value of this run that is also `other`'s.
    pub(crate) async fn copy_to(
        &self,
        other: &Self,
        stored: &StoredValue,
        is_first: bool,
    ) -> Result<StoredValue> {
        other.put_bytes(self.bytes(stored).await?, is_first).await
    }

    /// What a run began with, its parameters in place.
    pub(crate) async fn whole(&self, mut input: RunInput) -> Result<RunInput> {
        if let Some(stored) = &input.stored {
            input.parameters = self.get(stored).await?;
        }
        Ok(input)
    }

    pub(crate) async fn get(&self, stored: &StoredValue) -> Result<Value> {
        serde_json::from_slice(&self.bytes(stored).await?).map_err(Error::internal)
    }

    async fn bytes(&self, stored: &StoredValue) -> Result<Bytes> {
        let found = self.ports.blob.get(&self.key(stored), None).await?;
        let pieces = found.ok_or_else(|| Error::internal("a run's value is not there"))?;
        let whole = pieces.try_fold(Vec::new(), |mut whole, piece| async move {
            whole.extend_from_slice(&piece);
            Ok(whole)
        });
        Ok(whole.await.map_err(Error::internal)?.into())
    }

    /// Reads those of `wanted` that are not held; others make room where there is none.
    pub(crate) async fn read(&self, held: &mut ReadValues, wanted: &[StoredValue]) -> Result<()> {
        let is_missing = |held: &ReadValues, stored: &StoredValue| held.get(stored).is_none();
        let missing = wanted.iter().filter(|stored| is_missing(held, stored));
        let bytes: u64 = missing.map(|stored| stored.bytes).sum();
        if held.bytes + bytes > MAX_HELD {
            *held = ReadValues::default();
        }
        for stored in wanted {
            if is_missing(held, stored) {
                let value = self.get(stored).await?;
                held.insert(stored, value);
            }
        }
        Ok(())
    }

    /// Stores the job that removes them.
    async fn remove_later(&self) -> Result<()> {
        let (now, id) = (self.ports.clock.now(), format!("{}{SUFFIX}", self.run));
        let job = Job::named(&self.account, TOPIC, &id, now, &json!({}))?;
        let step = job.not_before(self.until).step()?;
        apply(&*self.ports.ledger, &self.account, vec![step]).await?;
        Ok(())
    }

    /// Removes all of them, and the job that would: the run did not begin.
    pub(crate) async fn discard(&self) -> Result<()> {
        remove(&self.ports, &self.account, &self.run).await?;
        let job = Job::cancel(TOPIC, &format!("{}{SUFFIX}", self.run));
        apply(&*self.ports.ledger, &self.account, vec![job]).await?;
        Ok(())
    }

    fn key(&self, stored: &StoredValue) -> String {
        format!("{}/{}", prefix(&self.account, &self.run), stored.id)
    }
}

/// What the keys of a run's values begin with.
fn prefix(account: &str, run: &str) -> String {
    format!("{account}/runs/{run}")
}

/// The run whose values a job removes; `None` where it is one that moves a run on.
pub(crate) fn removed_by(job: &Job) -> Option<&str> {
    job.id().strip_suffix(SUFFIX)
}

/// Removes all values of a run.
pub(crate) async fn remove(ports: &Ports, account: &str, run: &str) -> Result<()> {
    loop {
        let keys = ports.blob.list(&prefix(account, run)).await?;
        if keys.is_empty() {
            return Ok(());
        }
        for key in keys {
            ports.blob.delete(&key).await?;
        }
    }
}

pub(crate) fn is_large(value: &Value) -> bool {
    // Most are small texts: those need not be written to be known as such.
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        value => value.to_string().len() > MAX_INLINE,
    }
}
