//! A transaction: first optimistic, as conditional writes without a read; where their conditions are not
//! met, again as versioned writes on the items that DynamoDB then showed.

use super::{
    Inner,
    layout::{Snapshot, expiry_name, split},
    write::{ExpiredPart, IndexedStep, Write, documents},
};
use crate::{
    failure::{Failure, classify},
    retry::{Backoff, random32},
};
use openclaw_core::{
    StoreError, id,
    ledger::{Applied, Durable, Evaluation, Outcome, Step, Value, When, ensure_distinct, evaluate},
};
use openclaw_tokio::SystemRandom;

/// The steps on one item of the table, and the item as it was last seen.
struct Touched<'a> {
    base: &'a str,
    steps: Vec<IndexedStep<'a>>,
    snapshot: Option<Snapshot>,
}

/// How an attempt ended.
enum Attempt {
    /// Applied; of one item it is known how it is now.
    Applied(Option<Snapshot>),
    /// These items (by their place) are not as demanded.
    Unmet(Vec<(usize, Snapshot)>),
}

impl Inner {
    pub(super) async fn transact(
        &self,
        account: &str,
        steps: &[Step],
    ) -> Result<Outcome, StoreError> {
        ensure_distinct(steps)?;
        let mut items = touched(steps);
        if items.is_empty() {
            return Ok(applied(steps, None));
        }
        let mut backoff = Backoff::new(&*self.clock);
        let mut tries = 0;
        loop {
            let writes = match self.writes(account, &items)? {
                Ok(writes) => writes,
                Err(step) => return Ok(Outcome::Refused { step }),
            };
            match self.attempt(&writes, &items, &mut backoff).await? {
                Attempt::Applied(snapshot) => return Ok(applied(steps, snapshot.as_ref())),
                Attempt::Unmet(seen) => {
                    if let Some(step) = self.judge(&mut items, seen)? {
                        return Ok(Outcome::Refused { step });
                    }
                }
            }
            // The first attempt that knows what is there follows at once.
            tries += 1;
            if tries > 1 {
                backoff
                    .pause("DynamoDB: an item changes all the time".into())
                    .await?;
            }
        }
    }

    /// The writes of an attempt; or the step that is not allowed any longer.
    fn writes(
        &self,
        account: &str,
        items: &[Touched<'_>],
    ) -> Result<Result<Vec<Write>, usize>, StoreError> {
        let now = self.clock.now();
        let mut writes = Vec::with_capacity(items.len());
        for item in items {
            let start = random32().into();
            let Some(snapshot) = &item.snapshot else {
                let expired_parts = self.expired_parts(account, item);
                let place = (account, item.base);
                writes.push(Write::optimistic(
                    place,
                    &item.steps,
                    now,
                    start,
                    expired_parts,
                ));
                continue;
            };
            match evaluate(item.cloned(), now, |key| Ok(snapshot.item(split(key).1)))? {
                Evaluation::Refuse { step } => return Ok(Err(item.steps[step].at)),
                Evaluation::Apply { writes: parts, .. } => {
                    let parts = parts.iter().map(|(key, item)| (split(key).1, item.clone()));
                    let parts: Vec<_> = parts.collect();
                    writes.push(Write::versioned(account, snapshot, &parts, start));
                }
            }
        }
        Ok(Ok(writes))
    }

    /// Keeps what was seen; the first step that is not allowed on it. Items that were as demanded
    /// allow their steps.
    fn judge(
        &self,
        items: &mut [Touched<'_>],
        seen: Vec<(usize, Snapshot)>,
    ) -> Result<Option<usize>, StoreError> {
        let now = self.clock.now();
        let mut refused = None;
        for (at, snapshot) in seen {
            let Some(item) = items.get_mut(at) else {
                continue;
            };
            let find = |key: &str| Ok(snapshot.item(split(key).1));
            if let Evaluation::Refuse { step } = evaluate(item.cloned(), now, find)? {
                let step = item.steps[step].at;
                refused = Some(refused.map_or(step, |first: usize| first.min(step)));
            }
            item.snapshot = Some(snapshot);
        }
        Ok(refused)
    }

    /// Until it is known what became of it.
    async fn attempt(
        &self,
        writes: &[Write],
        items: &[Touched<'_>],
        backoff: &mut Backoff<'_>,
    ) -> Result<Attempt, StoreError> {
        match (writes, items) {
            ([write], [item]) if !write.only_checks() => self.alone(write, item, backoff).await,
            _ => self.together(writes, items, backoff).await,
        }
    }

    async fn alone(
        &self,
        write: &Write,
        item: &Touched<'_>,
        backoff: &mut Backoff<'_>,
    ) -> Result<Attempt, StoreError> {
        let mut write = write.clone();
        let mut is_repeated = false;
        loop {
            match self.send(&write, item.base).await {
                Ok(snapshot) => return Ok(Attempt::Applied(snapshot)),
                Err(Failure::Conditions(seen)) => {
                    let seen = seen.into_iter().next().and_then(|(_, seen)| seen);
                    let snapshot = Snapshot::read(item.base, seen);
                    self.look_at(&write, &snapshot);
                    let done = is_repeated && item.is_applied(&snapshot);
                    return Ok(match done {
                        true => Attempt::Applied(Some(snapshot)),
                        false => Attempt::Unmet(vec![(0, snapshot)]),
                    });
                }
                Err(Failure::Busy(why)) => backoff.pause(why).await?,
                // Only what can be recognised is repeated: done twice it would count twice.
                Err(Failure::Unknown(why)) if documents(&item.steps).next().is_some() => {
                    backoff.pause(why).await?;
                    if !is_repeated {
                        write = write.unless_applied(&item.steps);
                        is_repeated = true;
                    }
                }
                Err(Failure::Unknown(why)) => return Err(StoreError::Unavailable(why)),
                Err(Failure::Hopeless(error)) => return Err(error),
            }
        }
    }

    async fn send(&self, write: &Write, base: &str) -> Result<Option<Snapshot>, Failure> {
        if write.removes_item() {
            let delete = write.as_delete(&self.client, &self.table);
            delete.send().await.map_err(classify)?;
            return Ok(None);
        }
        let update = write.as_update(&self.client, &self.table);
        let done = update.send().await.map_err(classify)?;
        let snapshot = Snapshot::read(base, done.attributes);
        self.look_at(write, &snapshot);
        Ok(Some(snapshot))
    }

    /// All or none, with a token: DynamoDB does it once, however often it is asked.
    async fn together(
        &self,
        writes: &[Write],
        items: &[Touched<'_>],
        backoff: &mut Backoff<'_>,
    ) -> Result<Attempt, StoreError> {
        let parts: Result<Vec<_>, _> = writes
            .iter()
            .map(|write| write.as_part(&self.table))
            .collect();
        let parts = parts.map_err(|error| StoreError::Fault(error.to_string()))?;
        let token = id::new(&SystemRandom, "");
        let request = self.client.transact_write_items();
        let request = request
            .set_transact_items(Some(parts))
            .client_request_token(token);
        loop {
            let Err(error) = request.clone().send().await else {
                return Ok(Attempt::Applied(None));
            };
            match classify(error) {
                Failure::Conditions(seen) => {
                    let seen = seen.into_iter().filter_map(|(at, seen)| {
                        let snapshot = Snapshot::read(items.get(at)?.base, seen);
                        self.look_at(&writes[at], &snapshot);
                        Some((at, snapshot))
                    });
                    return Ok(Attempt::Unmet(seen.collect()));
                }
                Failure::Busy(why) | Failure::Unknown(why) => backoff.pause(why).await?,
                Failure::Hopeless(error) => return Err(error),
            }
        }
    }

    /// Expired parts that were seen in the item and that no step touches.
    fn expired_parts(&self, account: &str, item: &Touched<'_>) -> Vec<ExpiredPart> {
        let Some(snapshot) = self.stale.take(account, item.base) else {
            return vec![];
        };
        let gone = snapshot.expired(self.clock.now());
        let gone = gone
            .into_iter()
            .filter(|(part, _)| item.steps.iter().all(|indexed| indexed.part != part));
        gone.map(|(part, expires)| ExpiredPart {
            names: snapshot.names(&part),
            expiry_name: expiry_name(&part),
            expires,
        })
        .collect()
    }
}

impl Touched<'_> {
    fn cloned(&self) -> Vec<Step> {
        self.steps
            .iter()
            .map(|indexed| indexed.step.clone())
            .collect()
    }

    /// Whether a document of these steps is there.
    fn is_applied(&self, snapshot: &Snapshot) -> bool {
        documents(&self.steps).any(|(part, document)| {
            let item = snapshot.item(part);
            item.is_some_and(|item| item.document() == Some(document))
        })
    }
}

/// The items that steps touch, in the order in which they come up.
fn touched(steps: &[Step]) -> Vec<Touched<'_>> {
    let mut items: Vec<Touched<'_>> = vec![];
    for (at, step) in steps.iter().enumerate() {
        if let Step::Check {
            when: When::Always, ..
        } = step
        {
            // It demands nothing, which DynamoDB has no words for.
            continue;
        }
        let (base, part) = split(step.key());
        let indexed = IndexedStep { at, part, step };
        match items.iter_mut().find(|item| item.base == base) {
            Some(item) => item.steps.push(indexed),
            None => items.push(Touched {
                base,
                steps: vec![indexed],
                snapshot: None,
            }),
        }
    }
    items
}

/// The value after each step, as far as it is known.
fn applied(steps: &[Step], snapshot: Option<&Snapshot>) -> Outcome {
    let value = |step: &Step| match step {
        Step::Delete { .. } | Step::Check { .. } => None,
        Step::Put { document, .. } => Some(Value::Document(document.clone())),
        Step::Add { key, .. } => Some(snapshot?.item(split(key).1)?.value),
    };
    Outcome::Applied(Applied {
        values: steps.iter().map(value).collect(),
        durable: Durable::now(),
    })
}
