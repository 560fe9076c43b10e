//! From an event to its deliveries.

use crate::{Webhooks, delivery::Record, endpoints::Endpoints};
use futures_util::FutureExt;
use openclaw_core::{
    BoxFuture, Result,
    queue::{Concurrency, Consumer, End, Job},
};
use openclaw_schema::event::{Event, TOPIC};

/// Deliveries that are made in one transaction: each is two steps.
const AT_ONCE: usize = 9;

/// Makes a delivery of an event for each endpoint that wants it.
///
/// Where there are more endpoints than one transaction has room for, it ends with a job of its own for
/// those whose ids come after: `EVENT/WEBHOOK`. So each delivery is made once, whatever crashes.
pub struct FanOut(Webhooks);

impl FanOut {
    /// Over the account's endpoints.
    pub const fn new(webhooks: Webhooks) -> Self {
        Self(webhooks)
    }

    async fn fan_out(&self, job: &Job) -> Result<End> {
        let (ports, account) = (&self.0.ports, job.account());
        let event: Event = job.payload()?;
        let (event_id, after) = job.id().split_once('/').unwrap_or((job.id(), ""));
        let (known, _) = Endpoints::read(&*ports.ledger, account).await?;
        let wanting = known.endpoints.iter();
        let wanting = wanting.filter(|endpoint| endpoint.wants(event.kind));
        let mut ids: Vec<_> = wanting.map(|endpoint| &*endpoint.shown.id).collect();
        ids.sort_unstable();
        ids.retain(|id| *id > after);
        let now = ports.clock.now();
        let (these, others) = ids.split_at(ids.len().min(AT_ONCE));
        let mut steps = vec![];
        for id in these {
            let record = Record::new(&*ports.random, now, id, event_id, &event)?;
            steps.extend(record.steps(account, now)?);
        }
        if let (Some(last), false) = (these.last(), others.is_empty()) {
            let rest = format!("{event_id}/{last}");
            steps.push(Job::named(account, TOPIC, &rest, now, &event)?.step()?);
        }
        Ok(End::Done(steps))
    }
}

impl Consumer for FanOut {
    fn topic(&self) -> &'static str {
        TOPIC
    }

    fn concurrency(&self) -> Concurrency {
        Concurrency {
            total: 64,
            per_group: 16,
            per_account: 16,
        }
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        let end = self.fan_out(job);
        end.map(|end| end.unwrap_or_else(|error| End::failed(error.to_string())))
            .boxed()
    }
}
