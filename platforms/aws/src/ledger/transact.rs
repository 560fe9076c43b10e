//! A transaction: sent as conditional writes that know nothing of what is there, and again, knowing,
//! where that did not fit.

use super::{
    Inner,
    layout::{Image, expiry_name, split},
    write::{Placed, Waste, Write, documents},
};
use crate::{
    failure::{Failure, classify},
    patience::{Patience, random32},
};
use openclaw_core::{
    StoreError, id,
    ledger::{Applied, Durable, Evaluation, Outcome, Step, Value, ensure_distinct, evaluate},
};
use openclaw_tokio::SystemRandom;

/// The steps on one item of the table, and what was seen of it.
struct Touched<'a> {
    base: &'a str,
    steps: Vec<Placed<'a>>,
    image: Option<Image>,
}

/// How an attempt ended.
enum Attempt {
    /// Applied; of one item it is known how it is now.
    Applied(Option<Image>),
    /// These items (by their place) are not as demanded.
    Unmet(Vec<(usize, Image)>),
}

impl Inner {
    pub(super) async fn transact(
        &self,
        account: &str,
        steps: &[Step],
    ) -> Result<Outcome, StoreError> {
        ensure_distinct(steps)?;
        let mut items = touched(steps);
        let mut patience = Patience::new(&*self.clock);
        let mut tries = 0;
        loop {
            let writes = match self.writes(account, &items)? {
                Ok(writes) => writes,
                Err(step) => return Ok(Outcome::Refused { step }),
            };
            match self.attempt(&writes, &items, &mut patience).await? {
                Attempt::Applied(image) => return Ok(applied(steps, image.as_ref())),
                Attempt::Unmet(seen) => {
                    if let Some(step) = self.judge(&mut items, seen)? {
                        return Ok(Outcome::Refused { step });
                    }
                }
            }
            // The first attempt that knows what is there follows at once.
            tries += 1;
            if tries > 1 {
                patience
                    .pause("DynamoDB: an item changes all the time".into())
                    .await?;
            }
        }
    }

    /// What is to be written; or the step that is not allowed any longer.
    fn writes(
        &self,
        account: &str,
        items: &[Touched<'_>],
    ) -> Result<Result<Vec<Write>, usize>, StoreError> {
        let now = self.clock.now();
        let mut writes = Vec::with_capacity(items.len());
        for item in items {
            let start = random32().into();
            let Some(image) = &item.image else {
                let waste = self.waste(account, item);
                let place = (account, item.base);
                writes.push(Write::blind(place, &item.steps, now, start, waste));
                continue;
            };
            match evaluate(item.cloned(), now, |key| Ok(image.item(split(key).1)))? {
                Evaluation::Refuse { step } => return Ok(Err(item.steps[step].at)),
                Evaluation::Apply { writes: parts, .. } => {
                    let parts = parts.iter().map(|(key, item)| (split(key).1, item.clone()));
                    let parts: Vec<_> = parts.collect();
                    writes.push(Write::exact(account, image, &parts, start));
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
        seen: Vec<(usize, Image)>,
    ) -> Result<Option<usize>, StoreError> {
        let now = self.clock.now();
        let mut refused = None;
        for (at, image) in seen {
            let Some(item) = items.get_mut(at) else {
                continue;
            };
            let find = |key: &str| Ok(image.item(split(key).1));
            if let Evaluation::Refuse { step } = evaluate(item.cloned(), now, find)? {
                let step = item.steps[step].at;
                refused = Some(refused.map_or(step, |first: usize| first.min(step)));
            }
            item.image = Some(image);
        }
        Ok(refused)
    }

    /// Until it is known what became of it.
    async fn attempt(
        &self,
        writes: &[Write],
        items: &[Touched<'_>],
        patience: &mut Patience<'_>,
    ) -> Result<Attempt, StoreError> {
        match (writes, items) {
            ([write], [item]) => self.alone(write, item, patience).await,
            _ => self.together(writes, items, patience).await,
        }
    }

    async fn alone(
        &self,
        write: &Write,
        item: &Touched<'_>,
        patience: &mut Patience<'_>,
    ) -> Result<Attempt, StoreError> {
        let mut write = write.clone();
        let mut is_repeated = false;
        loop {
            match self.send(&write, item.base).await {
                Ok(image) => return Ok(Attempt::Applied(image)),
                Err(Failure::Conditions(seen)) => {
                    let seen = seen.into_iter().next().and_then(|(_, seen)| seen);
                    let image = Image::read(item.base, seen);
                    self.look_at(&write, &image);
                    let done = is_repeated && item.is_applied(&image);
                    return Ok(match done {
                        true => Attempt::Applied(Some(image)),
                        false => Attempt::Unmet(vec![(0, image)]),
                    });
                }
                Err(Failure::Busy(why)) => patience.pause(why).await?,
                // Only what can be recognised is repeated: done twice it would count twice.
                Err(Failure::Unknown(why)) if documents(&item.steps).next().is_some() => {
                    patience.pause(why).await?;
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

    async fn send(&self, write: &Write, base: &str) -> Result<Option<Image>, Failure> {
        if write.removes_item() {
            let delete = write.as_delete(&self.client, &self.table);
            delete.send().await.map_err(classify)?;
            return Ok(None);
        }
        let update = write.as_update(&self.client, &self.table);
        let done = update.send().await.map_err(classify)?;
        let image = Image::read(base, done.attributes);
        self.look_at(write, &image);
        Ok(Some(image))
    }

    /// All or none, with a token: DynamoDB does it once, however often it is asked.
    async fn together(
        &self,
        writes: &[Write],
        items: &[Touched<'_>],
        patience: &mut Patience<'_>,
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
                        let image = Image::read(items.get(at)?.base, seen);
                        self.look_at(&writes[at], &image);
                        Some((at, image))
                    });
                    return Ok(Attempt::Unmet(seen.collect()));
                }
                Failure::Busy(why) | Failure::Unknown(why) => patience.pause(why).await?,
                Failure::Hopeless(error) => return Err(error),
            }
        }
    }

    /// Expired parts that were seen in the item and that no step touches.
    fn waste(&self, account: &str, item: &Touched<'_>) -> Vec<Waste> {
        let Some(image) = self.seen.take(account, item.base) else {
            return vec![];
        };
        let gone = image.expired(self.clock.now());
        let gone = gone
            .into_iter()
            .filter(|(part, _)| item.steps.iter().all(|placed| placed.part != part));
        gone.map(|(part, expires)| (image.names(&part), expiry_name(&part), expires))
            .collect()
    }
}

impl Touched<'_> {
    fn cloned(&self) -> Vec<Step> {
        self.steps
            .iter()
            .map(|placed| placed.step.clone())
            .collect()
    }

    /// Whether a document of these steps is there.
    fn is_applied(&self, image: &Image) -> bool {
        documents(&self.steps).any(|(part, document)| {
            let item = image.item(part);
            item.is_some_and(|item| item.document() == Some(document))
        })
    }
}

/// The items that steps touch, in the order in which they come up.
fn touched(steps: &[Step]) -> Vec<Touched<'_>> {
    let mut items: Vec<Touched<'_>> = vec![];
    for (at, step) in steps.iter().enumerate() {
        let (base, part) = split(step.key());
        let placed = Placed { at, part, step };
        match items.iter_mut().find(|item| item.base == base) {
            Some(item) => item.steps.push(placed),
            None => items.push(Touched {
                base,
                steps: vec![placed],
                image: None,
            }),
        }
    }
    items
}

/// What is behind each step, as far as it is known.
fn applied(steps: &[Step], image: Option<&Image>) -> Outcome {
    let value = |step: &Step| match step {
        Step::Delete { .. } => None,
        Step::Put { document, .. } => Some(Value::Document(document.clone())),
        Step::Add { key, .. } => Some(image?.item(split(key).1)?.value),
    };
    Outcome::Applied(Applied {
        values: steps.iter().map(value).collect(),
        durable: Durable::now(),
    })
}
