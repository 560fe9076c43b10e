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
pub struct FanOut(Webhooks);

impl FanOut {
    /// Over the account's endpoints.
    pub const fn new(webhooks: Webhooks) -> Self {
        Self(webhooks)
    }

    async fn fan_out(&self, job: &Job) -> Result<End> {
        let (ports, account) = (&self.0.ports, job.account());
        let event: Event = job.payload()?;
        let (known, _) = Endpoints::read(&*ports.ledger, account).await?;
        let wanting = known.endpoints.iter();
        let wanting = wanting.filter(|endpoint| endpoint.wants(event.kind));
        let now = ports.clock.now();
        let mut steps = vec![];
        for endpoint in wanting {
            let id = &endpoint.shown.id;
            let record = Record::new(&*ports.random, now, id, job.id(), &event)?;
            steps.extend(record.steps(account, now)?);
        }
        // All but the last are made beforehand; should this be done again, they come twice, which
        // the event's id tells the receiver.
        while steps.len() > 2 * AT_ONCE {
            let some = steps.drain(..2 * AT_ONCE).collect();
            ports.ledger.transact(account, some).await?;
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
        }
    }

    fn work<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, End> {
        let end = self.fan_out(job);
        end.map(|end| end.unwrap_or_else(|error| End::failed(error.to_string())))
            .boxed()
    }
}
