//! From a delivery to its attempts.

use crate::{
    Delivery, DeliveryStatus, EndpointStatus, Health, Webhooks,
    delivery::{Order, Record, TOPIC, key},
    endpoint::Endpoint,
    endpoints::Endpoints,
    health,
    send::{Answered, PATIENCE},
};
use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Result, Timestamp,
    ledger::Step,
    queue::{Concurrency, Consumer, End, Job},
};
use std::time::Duration;

/// The pauses after failed attempts: eight attempts within a day.
const PAUSES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(15 * 60),
    Duration::from_secs(3600),
    Duration::from_secs(6 * 3600),
    Duration::from_secs(16 * 3600),
];

/// What an endpoint answers that wants no more.
const GONE: u16 = 410;

/// Sends deliveries.
pub struct Deliver(Webhooks);

impl Deliver {
    /// Over the account's endpoints.
    pub const fn new(webhooks: Webhooks) -> Self {
        Self(webhooks)
    }

    async fn deliver(&self, job: &Job) -> Result<End> {
        let (ports, account) = (&self.0.ports, job.account());
        let order: Order = job.payload()?;
        let Some(mut record) = self.record(account, &order.delivery).await? else {
            // It has expired.
            return Ok(End::Done(vec![]));
        };
        let (known, _) = Endpoints::read(&*ports.ledger, account).await?;
        let now = ports.clock.now();
        let Some(endpoint) = known.find(&order.webhook) else {
            return failed_for_good(&mut record, "the webhook was deleted", now);
        };
        if endpoint.shown.status == EndpointStatus::Disabled {
            return failed_for_good(&mut record, "the webhook is disabled", now);
        }
        let health = Health::read(&*ports.ledger, account, &order.webhook).await?;
        if let Some(health) = &health
            && health.open_until > now
        {
            return Ok(End::NotBefore(health.open_until));
        }
        let number = job.attempt();
        let answered = self.0.send(account, endpoint, &record, number).await?;
        record.delivery.attempts = number;
        record.delivery.response_status = answered.status();
        match &answered.attempt.error {
            None => succeeded(&mut record, &answered, health.is_some(), ports.clock.now()),
            Some(_) => {
                self.failed(endpoint, &mut record, &answered, (job, health))
                    .await
            }
        }
    }

    async fn record(&self, account: &str, id: &str) -> Result<Option<Record>> {
        let item = self.0.ports.ledger.get(account, &key(id)).await?;
        let document = item.as_ref().and_then(|item| item.document());
        document.map(|bytes| Record::read(bytes)).transpose()
    }

    async fn failed(
        &self,
        endpoint: &Endpoint,
        record: &mut Record,
        answered: &Answered,
        (job, health): (&Job, Option<Health>),
    ) -> Result<End> {
        let (now, account) = (self.0.ports.clock.now(), job.account());
        let id = &endpoint.shown.id;
        let reason = answered.attempt.error.clone().unwrap_or_default();
        if answered.status() == Some(GONE) {
            let why = "It answered 410: it wants no more events";
            self.0.disable(account, id, why).await?;
            record.finish(DeliveryStatus::Failed, Some(reason), now);
            return Ok(End::Done(vec![
                record.put()?,
                answered.attempt.put(&record.delivery.id)?,
                health::forget(id),
            ]));
        }
        let health = Health::after_failure(health, now);
        if health.is_hopeless(now) {
            let why = format!(
                "All attempts since {} failed: {reason}",
                health.failing_since
            );
            self.0.disable(account, id, &why).await?;
        }
        record.delivery.error = Some(reason.clone());
        let pause = PAUSES.get(job.attempt() as usize - 1).copied();
        // The endpoint may ask for more time than it would be given.
        let after = answered.retry_after.filter(|asked| Some(*asked) > pause);
        Ok(End::Failed {
            steps: vec![
                record.put()?,
                answered.attempt.put(&record.delivery.id)?,
                health.put(id)?,
            ],
            reason,
            after,
        })
    }
}

fn failed_for_good(record: &mut Record, why: &str, now: Timestamp) -> Result<End> {
    record.finish(DeliveryStatus::Failed, Some(why.into()), now);
    Ok(End::Done(vec![record.put()?]))
}

fn succeeded(
    record: &mut Record,
    answered: &Answered,
    was_failing: bool,
    now: Timestamp,
) -> Result<End> {
    record.finish(DeliveryStatus::Delivered, None, now);
    let mut steps = vec![record.put()?, answered.attempt.put(&record.delivery.id)?];
    if was_failing {
        steps.push(health::forget(&record.delivery.webhook));
    }
    Ok(End::Done(steps))
}

impl Consumer for Deliver {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn time_limit(&self) -> Duration {
        // An attempt, and what is read and written around it.
        PATIENCE + Duration::from_secs(15)
    }

    fn pauses(&self) -> &[Duration] {
        &PAUSES
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency {
            total: 512,
            per_group: 10,
            // So that five accounts whose endpoints are all slow leave room for others.
            per_account: 100,
        }
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        let end = self.deliver(job);
        end.map(|end| end.unwrap_or_else(|error| End::failed(error.to_string())))
            .boxed()
    }

    fn give_up<'a>(&'a self, job: &'a Job, reason: &'a str) -> BoxFuture<'a, Vec<Step>> {
        async move {
            let order: Order = job.payload()?;
            let Some(mut record) = self.record(job.account(), &order.delivery).await? else {
                return Ok(vec![]);
            };
            let Delivery { attempts, .. } = &mut record.delivery;
            *attempts = job.attempt();
            let now = self.0.ports.clock.now();
            record.finish(DeliveryStatus::Failed, Some(reason.to_owned()), now);
            Ok(vec![record.put()?])
        }
        .map(|steps: Result<_>| steps.unwrap_or_default())
        .boxed()
    }
}
