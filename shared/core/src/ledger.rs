//! An account's items, strongly consistent: the port behind limits, budgets, idempotency,
//! exactly-once accounting and every list that must show what was just written.

pub mod codec;
mod pages;

pub use pages::Pages;

use crate::{BoxFuture, StoreError, Timestamp};
use bytes::Bytes;
use futures_util::FutureExt;
use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// The partition of what belongs to no account, but to the operator: the list of accounts, the configuration at
/// run time.
pub const OPERATOR: &str = "operator";

/// The accounts' items. Everything about one account is one partition: transactions and queries
/// are consistent within it and never span two.
///
/// An item's key may have a part after `#`: `gate#m/…` and `gate#b/…` are two items to their
/// users, but a store that is charged by the item (DynamoDB) may hold all parts of `gate` as one
/// row, so that a transaction within it is a single conditional update that returns the counters.
///
/// Keys are at most 512 bytes, documents at most 300 KiB, a transaction at most 20 steps.
pub trait Ledger: Send + Sync {
    /// Applies all `steps` or none. Keys within one transaction are distinct.
    fn transact<'a>(
        &'a self,
        account: &'a str,
        steps: Vec<Step>,
    ) -> BoxFuture<'a, Result<Outcome, StoreError>>;

    /// Items whose key starts with `prefix` and sorts after `after`, in key order, at most
    /// `limit`. Sees every transaction that was applied before the call.
    fn query<'a>(
        &'a self,
        account: &'a str,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(String, Item)>, StoreError>>;

    /// The item under `key`, as [`query`](Self::query) sees it.
    fn get<'a>(
        &'a self,
        account: &'a str,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Item>, StoreError>> {
        async move {
            // A key is the first of all that start with it.
            let found = self.query(account, key, None, 1).await?;
            let exact = found.into_iter().find(|(found, _)| found == key);
            Ok(exact.map(|(_, item)| item))
        }
        .boxed()
    }
}

/// Named counters of one item.
pub type Counters = BTreeMap<String, i64>;

/// The value of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Bytes that only their writer understands.
    Document(Bytes),
    /// Named counters.
    Counters(Counters),
}

/// An item. It reads as absent once `expires` has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The value.
    pub value: Value,
    /// When it is gone.
    pub expires: Option<Timestamp>,
}

impl Item {
    /// Whether it still reads as there.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }

    /// The document, `None` for counters.
    pub fn document(&self) -> Option<&Bytes> {
        match &self.value {
            Value::Document(bytes) => Some(bytes),
            Value::Counters(_) => None,
        }
    }

    /// The counters, `None` for a document.
    pub fn counters(&self) -> Option<&Counters> {
        match &self.value {
            Value::Counters(counters) => Some(counters),
            Value::Document(_) => None,
        }
    }
}

/// The condition of a [`Step`] on the item it finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Nothing.
    Always,
    /// There must be none.
    Absent,
    /// There must be one.
    Present,
    /// There must be exactly this document: it has not changed since it was read.
    Equals(Bytes),
}

/// One addition to one counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Which counter of the item; it starts at 0.
    pub field: String,
    /// The number to add.
    pub by: i64,
    /// The transaction is refused where a positive addition would pass this.
    pub at_most: Option<i64>,
}

impl Delta {
    /// Adds without a bound.
    pub fn new(field: impl Into<String>, by: i64) -> Self {
        Self {
            field: field.into(),
            by,
            at_most: None,
        }
    }

    /// Adds, and refuses to pass `at_most`.
    pub fn bounded(field: impl Into<String>, by: i64, at_most: i64) -> Self {
        Self {
            field: field.into(),
            by,
            at_most: Some(at_most),
        }
    }
}

/// One step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Writes a document, replacing what is there.
    Put {
        /// The item's key.
        key: String,
        /// The new content.
        document: Bytes,
        /// The condition on the item that is there.
        when: When,
        /// When it is gone.
        expires: Option<Timestamp>,
    },
    /// Removes an item.
    Delete {
        /// The item's key.
        key: String,
        /// The condition on the item that is there.
        when: When,
    },
    /// Adds to counters, creating the item where it is absent.
    Add {
        /// The item's key.
        key: String,
        /// The additions, each to a field of its own.
        deltas: Vec<Delta>,
        /// When the item is gone; set when the item is created.
        expires: Option<Timestamp>,
    },
    /// Changes nothing; the transaction is refused unless the item is as demanded.
    Check {
        /// The item's key.
        key: String,
        /// The condition on the item that is there.
        when: When,
    },
}

impl Step {
    /// The key it touches.
    pub fn key(&self) -> &str {
        match self {
            Self::Put { key, .. }
            | Self::Delete { key, .. }
            | Self::Add { key, .. }
            | Self::Check { key, .. } => key,
        }
    }
}

/// How a transaction ended.
#[derive(Debug)]
pub enum Outcome {
    /// All steps were applied.
    Applied(Applied),
    /// None was, because this one (counted from 0) was not allowed.
    Refused {
        /// Index of the first step that was not allowed.
        step: usize,
    },
}

/// A transaction that was applied: every later one sees it.
#[derive(Debug)]
pub struct Applied {
    /// For each step in order the item's value after it; `None` after a delete or a check. After an
    /// addition it may be `None` as well, unless the keys of all steps are parts of one item: a
    /// store that is charged by the item gives back one item, not several.
    pub values: Vec<Option<Value>>,
    /// Resolves when a crash can no longer lose it.
    pub durable: Durable,
}

/// Resolves when what it belongs to can no longer be lost. A store may apply a transaction at
/// once and write several together; whoever is about to tell the outside waits for this first.
pub struct Durable(Option<BoxFuture<'static, Result<(), StoreError>>>);

impl Durable {
    /// Already so.
    pub const fn now() -> Self {
        Self(None)
    }

    /// So once `written` is.
    pub fn after(written: impl Future<Output = Result<(), StoreError>> + Send + 'static) -> Self {
        Self(Some(written.boxed()))
    }
}

impl std::fmt::Debug for Durable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() {
            "Durable(later)"
        } else {
            "Durable(now)"
        })
    }
}

impl Future for Durable {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            None => Poll::Ready(Ok(())),
            Some(written) => written.as_mut().poll(context),
        }
    }
}

/// The effect of a transaction on a store, worked out before anything is touched.
#[derive(Debug, PartialEq, Eq)]
pub enum Evaluation {
    /// The items to write (`None`: to remove) and what [`Applied::values`] reports.
    Apply {
        /// One for each step that is no check: its key, and the item to hold there.
        writes: Vec<(String, Option<Item>)>,
        /// The value after each step.
        values: Vec<Option<Value>>,
    },
    /// The first step that is not allowed.
    Refuse {
        /// Its index.
        step: usize,
    },
}

/// Works out a transaction against the items that `find` knows: the meaning of [`Step`] for every
/// store that evaluates in its own process. `find` may return items that have expired.
pub fn evaluate(
    steps: Vec<Step>,
    now: Timestamp,
    mut find: impl FnMut(&str) -> Result<Option<Item>, StoreError>,
) -> Result<Evaluation, StoreError> {
    ensure_distinct(&steps)?;
    let mut writes = Vec::with_capacity(steps.len());
    let mut values = Vec::with_capacity(steps.len());
    let mut live = |key: &str| Ok(find(key)?.filter(|item| item.is_live(now)));
    for (step, todo) in steps.into_iter().enumerate() {
        let (key, item) = match todo {
            Step::Put {
                key,
                document,
                when,
                expires,
            } => {
                if !allows(&when, || live(&key))? {
                    return Ok(Evaluation::Refuse { step });
                }
                (
                    key,
                    Some(Item {
                        value: Value::Document(document),
                        expires,
                    }),
                )
            }
            Step::Delete { key, when } => {
                if !allows(&when, || live(&key))? {
                    return Ok(Evaluation::Refuse { step });
                }
                (key, None)
            }
            Step::Add {
                key,
                deltas,
                expires,
            } => match add(live(&key)?, deltas, expires)? {
                Some(item) => (key, Some(item)),
                None => return Ok(Evaluation::Refuse { step }),
            },
            Step::Check { key, when } => {
                if !allows(&when, || live(&key))? {
                    return Ok(Evaluation::Refuse { step });
                }
                values.push(None);
                continue;
            }
        };
        values.push(item.as_ref().map(|item| item.value.clone()));
        writes.push((key, item));
    }
    Ok(Evaluation::Apply { writes, values })
}

/// `find` is only asked where the answer matters: an unconditional write costs no read.
fn allows(
    when: &When,
    find: impl FnOnce() -> Result<Option<Item>, StoreError>,
) -> Result<bool, StoreError> {
    Ok(match when {
        When::Always => true,
        When::Absent => find()?.is_none(),
        When::Present => find()?.is_some(),
        When::Equals(document) => find()?.is_some_and(|item| item.document() == Some(document)),
    })
}

fn add(
    item: Option<Item>,
    deltas: Vec<Delta>,
    expires: Option<Timestamp>,
) -> Result<Option<Item>, StoreError> {
    let (mut counters, expires) = match item {
        None => (Counters::new(), expires),
        Some(Item {
            value: Value::Counters(counters),
            expires,
        }) => (counters, expires),
        Some(_) => return Err(StoreError::Fault("addition to a document".into())),
    };
    for Delta { field, by, at_most } in deltas {
        let counter = counters.entry(field).or_default();
        let sum = counter.saturating_add(by);
        if by > 0 && at_most.is_some_and(|bound| sum > bound) {
            return Ok(None);
        }
        *counter = sum;
    }
    Ok(Some(Item {
        value: Value::Counters(counters),
        expires,
    }))
}

/// Refuses steps of which two touch the same key.
pub fn ensure_distinct(steps: &[Step]) -> Result<(), StoreError> {
    let twice = steps
        .iter()
        .enumerate()
        .any(|(at, step)| steps[..at].iter().any(|other| other.key() == step.key()));
    if twice {
        return Err(StoreError::Fault(
            "a transaction names one key twice".into(),
        ));
    }
    Ok(())
}
