//! Looking into deliveries, and having them sent once more.

use crate::{
    Attempt, Delivery, DeliveryDetail, DeliveryStatus, EndpointStatus, Webhooks, attempt,
    delivery::{DELIVERIES, Record, TOPIC, first_before, job_id, key},
    endpoints::{Endpoints, no_webhook},
};
use openclaw_core::{
    Error, Result, Timestamp, id,
    ledger::Outcome,
    queue::{JOBS, JobState},
};
use openclaw_schema::{
    event::{Event, EventType},
    list::{List, Page},
};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};

/// Deliveries that are read at a time.
const READ: usize = 200;

/// Deliveries that one request looks at, at most.
const LOOKED_AT: usize = 5000;

/// Deliveries that one recovery sends again, at most.
const RECOVERED: usize = 1000;

/// Which deliveries are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct DeliveryFilter {
    /// Those to this endpoint.
    pub webhook: Option<String>,
    /// Those of this type of event.
    #[serde(rename = "type")]
    pub kind: Option<EventType>,
    /// Those of this event.
    pub event: Option<String>,
    /// Those that are so far.
    pub status: Option<DeliveryStatus>,
    /// Those whose last answer was of this class.
    pub response_class: Option<ResponseClass>,
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// Older than this.
    pub until: Option<Timestamp>,
}

/// Statuses that endpoints answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum ResponseClass {
    /// 200 to 299.
    #[serde(rename = "2xx")]
    Success,
    /// 300 to 399; redirects are not followed.
    #[serde(rename = "3xx")]
    Redirect,
    /// 400 to 499.
    #[serde(rename = "4xx")]
    ClientError,
    /// 500 to 599.
    #[serde(rename = "5xx")]
    ServerError,
    /// There was no answer, or not yet.
    #[serde(rename = "none")]
    Missing,
}

/// What a recovery did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Recovered {
    /// Deliveries that are sent again.
    pub redelivered: usize,
    /// Whether there are more: ask again.
    pub has_more: bool,
}

impl DeliveryFilter {
    fn allows(&self, delivery: &Delivery) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        let kind = self.kind.map(|kind| kind.as_str().to_owned());
        is(&self.webhook, &delivery.webhook)
            && is(&self.event, &delivery.event)
            && is(&kind, &delivery.kind)
            && self.status.is_none_or(|status| status == delivery.status)
            && self
                .response_class
                .is_none_or(|class| class.has(delivery.response_status))
            && self.until.is_none_or(|until| delivery.created_at < until)
    }

    /// Whether it, and all that come after it, are too old.
    fn is_past(&self, delivery: &Delivery) -> bool {
        self.since.is_some_and(|since| delivery.created_at < since)
    }
}

impl ResponseClass {
    fn has(self, status: Option<u16>) -> bool {
        let hundreds = status.map(|status| status / 100);
        hundreds
            == match self {
                Self::Success => Some(2),
                Self::Redirect => Some(3),
                Self::ClientError => Some(4),
                Self::ServerError => Some(5),
                Self::Missing => None,
            }
    }
}

impl Webhooks {
    /// A page of deliveries, the newest first. A page may have fewer than there are where a filter
    /// leaves out thousands: its last id then continues the search, as always.
    pub async fn deliveries(
        &self,
        account: &str,
        filter: &DeliveryFilter,
        page: &Page,
    ) -> Result<List<Delivery>> {
        page.validate()?;
        let from = page.after.clone().or(filter.until.map(first_before));
        let found = self.search(account, filter, from, page.limit + 1).await?;
        let shown = found.into_iter().map(|record| record.delivery);
        Ok(List::page(shown.collect(), page))
    }

    /// One, with its attempts; 404.
    pub async fn delivery(&self, account: &str, id: &str) -> Result<DeliveryDetail> {
        let ledger = &*self.ports.ledger;
        let Record { delivery, payload } = self.record(account, id).await?;
        let prefix = attempt::prefix(id);
        let found = ledger.query(account, &prefix, None, 100).await?;
        let attempts = found.iter().filter_map(|(_, item)| item.document());
        let attempts = attempts.map(|bytes| serde_json::from_slice::<Attempt>(bytes));
        let attempts: std::result::Result<Vec<_>, _> = attempts.collect();
        let job = format!("{JOBS}{TOPIC}/{}", job_id(&delivery));
        let job = ledger.get(account, &job).await?;
        let job = job.as_ref().and_then(|item| item.document());
        let state = job.map(|bytes| JobState::read(bytes)).transpose()?;
        Ok(DeliveryDetail {
            next_attempt_at: state.filter(|state| !state.claimed).map(|state| state.due),
            payload: RawValue::from_string(payload).map_err(Error::internal)?,
            attempts_made: attempts.map_err(Error::internal)?,
            delivery,
        })
    }

    /// Sends the event of a delivery once more, as a delivery of its own; 400 where its endpoint is gone
    /// or disabled, 404.
    pub async fn redeliver(&self, account: &str, id: &str) -> Result<Delivery> {
        let record = self.record(account, id).await?;
        self.ensure_enabled(account, &record.delivery.webhook)
            .await?;
        self.again(account, &record).await
    }

    /// Sends an event of this type to one endpoint, whether it wants that type or not; 404, 400 where
    /// it is disabled. The data say that it is a test.
    pub async fn test(&self, account: &str, id: &str, kind: EventType) -> Result<Delivery> {
        self.ensure_enabled(account, id).await?;
        let now = self.ports.clock.now();
        let event = Event::new(kind, now, &json!({ "test": true, "webhook": id }))?;
        let event_id = id::new(&*self.ports.random, "evt_");
        let record = Record::new(&*self.ports.random, now, id, &event_id, &event)?;
        self.store(account, &record).await?;
        Ok(record.delivery)
    }

    /// Sends once more what failed at one endpoint since then, at most 1,000 events; 404, 400 where it
    /// is disabled. What has been sent again since is left out.
    pub async fn recover(&self, account: &str, id: &str, since: Timestamp) -> Result<Recovered> {
        self.ensure_enabled(account, id).await?;
        let filter = DeliveryFilter {
            webhook: Some(id.to_owned()),
            since: Some(since),
            ..DeliveryFilter::default()
        };
        let found = self.search(account, &filter, None, LOOKED_AT).await?;
        let mut seen = std::collections::HashSet::new();
        let mut recovered = Recovered {
            redelivered: 0,
            has_more: found.len() >= LOOKED_AT,
        };
        // The newest delivery of each event says how that event stands.
        let newest = found
            .into_iter()
            .filter(|one| seen.insert(one.delivery.event.clone()));
        let failed = newest.filter(|one| one.delivery.status == DeliveryStatus::Failed);
        for record in failed {
            if recovered.redelivered == RECOVERED {
                recovered.has_more = true;
                break;
            }
            self.again(account, &record).await?;
            recovered.redelivered += 1;
        }
        Ok(recovered)
    }

    async fn again(&self, account: &str, record: &Record) -> Result<Delivery> {
        let again = record.again(&*self.ports.random, self.ports.clock.now());
        self.store(account, &again).await?;
        Ok(again.delivery)
    }

    async fn store(&self, account: &str, record: &Record) -> Result<()> {
        let steps = record.steps(account, self.ports.clock.now())?;
        match self.ports.ledger.transact(account, steps.into()).await? {
            Outcome::Applied(applied) => Ok(applied.durable.await?),
            Outcome::Refused { .. } => Err(Error::internal("a delivery was not stored")),
        }
    }

    async fn record(&self, account: &str, id: &str) -> Result<Record> {
        let item = self.ports.ledger.get(account, &key(id)).await?;
        let document = item.as_ref().and_then(|item| item.document());
        match document {
            Some(document) => Record::read(document),
            None => Err(Error::not_found(format_args!("delivery '{id}'"))),
        }
    }

    async fn ensure_enabled(&self, account: &str, id: &str) -> Result<()> {
        let (known, _) = Endpoints::read(&*self.ports.ledger, account).await?;
        let endpoint = known.find(id).ok_or_else(|| no_webhook(id))?;
        match endpoint.shown.status {
            EndpointStatus::Enabled => Ok(()),
            EndpointStatus::Disabled => Err(Error::invalid("webhook", "is disabled")),
        }
    }

    /// The newest that the filter allows, at most `limit`, after the id `after`.
    async fn search(
        &self,
        account: &str,
        filter: &DeliveryFilter,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        let (mut found, mut looked_at) = (vec![], 0);
        let mut after = after.map(|id| key(&id));
        while looked_at < LOOKED_AT && found.len() < limit {
            let from = after.as_deref();
            let page = self.ports.ledger.query(account, DELIVERIES, from, READ);
            let page = page.await?;
            let Some((last, _)) = page.last() else {
                break;
            };
            after = Some(last.clone());
            looked_at += page.len();
            for (_, item) in &page {
                let record = Record::read(item.document().map_or(&[][..], |bytes| bytes))?;
                if filter.is_past(&record.delivery) {
                    return Ok(found);
                }
                if filter.allows(&record.delivery) && found.len() < limit {
                    found.push(record);
                }
            }
        }
        Ok(found)
    }
}
