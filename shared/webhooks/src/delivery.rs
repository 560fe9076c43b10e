//! One event on its way to one endpoint.

use crate::Attempt;
use bytes::Bytes;
use openclaw_core::{
    Error, Random, Result, Timestamp, id,
    ledger::{Step, When},
    queue::Job,
    time,
};
use openclaw_schema::event::Event;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The topic of the jobs that send them.
pub(crate) const TOPIC: &str = "delivery";

/// The prefix of deliveries in an account's ledger: the newest comes first.
pub(crate) const DELIVERIES: &str = "delivery/";

/// How long they are kept, in seconds.
pub(crate) const KEPT: i64 = 30 * time::DAY;

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// It is to be sent, for the first time or again.
    Pending,
    /// The endpoint has taken it.
    Delivered,
    /// It is not sent any more.
    Failed,
}

/// A delivery as it is shown in a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Delivery {
    /// `dlv_…`: ids of later ones sort before it.
    pub id: String,
    /// Always `webhook.delivery`.
    pub object: String,
    /// The endpoint.
    pub webhook: String,
    /// The event's id, which is the `webhook-id` of every attempt.
    pub event: String,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// How far it is.
    pub status: DeliveryStatus,
    /// Attempts that were made.
    pub attempts: u32,
    /// The status that the endpoint answered last.
    pub response_status: Option<u16>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub finished_at: Option<Timestamp>,
}

/// A delivery with everything that is known of it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeliveryDetail {
    /// The delivery.
    #[serde(flatten)]
    pub delivery: Delivery,
    /// When it is tried next.
    pub next_attempt_at: Option<Timestamp>,
    /// What is sent.
    pub payload: Box<RawValue>,
    /// The attempts, the first one first.
    pub attempts_made: Vec<Attempt>,
}

/// A delivery as it is stored.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    #[serde(flatten)]
    pub(crate) delivery: Delivery,
    /// The body of each attempt, to the byte.
    pub(crate) payload: String,
}

/// What a delivery's job holds.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Order {
    pub(crate) webhook: String,
    pub(crate) delivery: String,
}

impl Record {
    /// A delivery of an event that is about to be sent.
    pub(crate) fn new(
        random: &dyn Random,
        now: Timestamp,
        webhook: &str,
        event_id: &str,
        event: &Event,
    ) -> Result<Self> {
        let payload = serde_json::to_string(event).map_err(Error::internal)?;
        let kind = event.kind.as_str().to_owned();
        Ok(Self {
            delivery: Delivery {
                id: new_id(random, now),
                object: "webhook.delivery".into(),
                webhook: webhook.to_owned(),
                event: event_id.to_owned(),
                kind,
                status: DeliveryStatus::Pending,
                attempts: 0,
                response_status: None,
                error: None,
                created_at: time::whole_second(now),
                finished_at: None,
            },
            payload,
        })
    }

    /// The same event once more.
    pub(crate) fn again(&self, random: &dyn Random, now: Timestamp) -> Self {
        let before = &self.delivery;
        Self {
            delivery: Delivery {
                id: new_id(random, now),
                status: DeliveryStatus::Pending,
                attempts: 0,
                response_status: None,
                error: None,
                created_at: time::whole_second(now),
                finished_at: None,
                ..before.clone()
            },
            payload: self.payload.clone(),
        }
    }

    /// The steps that store it and have it sent.
    pub(crate) fn steps(&self, account: &str, now: Timestamp) -> Result<[Step; 2]> {
        let order = Order {
            webhook: self.delivery.webhook.clone(),
            delivery: self.delivery.id.clone(),
        };
        // The endpoint's deliveries are a group of jobs.
        let name = job_id(&self.delivery);
        let job = Job::named(account, TOPIC, &name, now, &order)?;
        Ok([self.put()?, job.step()?])
    }

    pub(crate) fn put(&self) -> Result<Step> {
        let created = self.delivery.created_at;
        Ok(Step::Put {
            key: key(&self.delivery.id),
            document: Bytes::from(serde_json::to_vec(self).map_err(Error::internal)?),
            when: When::Always,
            expires: Some(time::shift(created, KEPT)),
        })
    }

    pub(crate) fn read(document: &[u8]) -> Result<Self> {
        serde_json::from_slice(document).map_err(Error::internal)
    }

    /// It is not sent any more, or was taken.
    pub(crate) fn finish(&mut self, status: DeliveryStatus, error: Option<String>, now: Timestamp) {
        self.delivery.status = status;
        self.delivery.error = error;
        self.delivery.finished_at = Some(time::whole_second(now));
    }
}

pub(crate) fn key(id: &str) -> String {
    format!("{DELIVERIES}{id}")
}

/// The name of a delivery's job.
pub(crate) fn job_id(delivery: &Delivery) -> String {
    format!("{}/{}", delivery.webhook, delivery.id)
}

/// The time counted backwards, so that the newest sorts first, and random characters.
fn new_id(random: &dyn Random, now: Timestamp) -> String {
    id::new(random, &format!("dlv_{:016x}", backwards(now)))
}

fn backwards(at: Timestamp) -> u64 {
    u64::MAX - u64::try_from(at.as_microsecond()).unwrap_or_default()
}

/// The id after which deliveries are older than `at`.
pub(crate) fn first_before(at: Timestamp) -> String {
    format!("dlv_{:016x}~", backwards(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_testkit::SeededRandom;

    #[test]
    fn later_ids_sort_first() {
        let random = SeededRandom::new(1);
        let at = time::from_second;
        let ids: Vec<_> = [3, 2, 1].map(|second| new_id(&random, at(second))).into();
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(ids[0] < first_before(at(3)) && first_before(at(3)) < ids[1]);
    }
}
