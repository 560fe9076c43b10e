//! Webhooks: an account's events, sent to addresses that it chose.
//!
//! 1. Whoever changes something that events tell of stores an [`Event`](openclaw_schema::event::Event) as a
//!    job with it, in one transaction, if the account says that a webhook wants it.
//! 2. [`FanOut`] makes a [`Delivery`] of it for each of the account's endpoints that wants it, with a
//!    job of its own.
//! 3. [`Deliver`] signs and sends it by the Standard Webhooks specification, notes each attempt, and
//!    tries again. A slow or dead endpoint holds up no other: each is a group of jobs of its own, and has
//!    a [breaker](Health).
//!
//! Nothing here is in order: an event may come before one that happened earlier, and more than once, each
//! time with the same `webhook-id`.

mod attempt;
mod deliver;
mod deliveries;
mod delivery;
mod endpoint;
mod endpoints;
mod fan_out;
mod health;
mod send;
mod sign;

pub use attempt::{Attempt, MAX_SHOWN};
pub use deliver::Deliver;
pub use deliveries::{DeliveryFilter, Recovered, ResponseClass};
pub use delivery::{Delivery, DeliveryDetail, DeliveryStatus};
pub use endpoint::{
    CreateWebhook, EndpointStatus, NewWebhook, RotateWebhook, UpdateWebhook, Webhook,
};
pub use fan_out::FanOut;
pub use health::Health;
pub use sign::{signature, signed_by};

use openclaw_auth::Sealer;
use openclaw_core::{Error, Ports, Result};
use openclaw_egress::Egress;

/// Everything that webhooks stand on.
#[derive(Clone)]
pub struct Webhooks {
    pub(crate) ports: Ports,
    pub(crate) egress: Egress,
    pub(crate) sealer: Option<Sealer>,
}

impl Webhooks {
    /// Over these ports; `egress` sends, `sealer` seals the secrets: without one there are no webhooks.
    pub const fn new(ports: Ports, egress: Egress, sealer: Option<Sealer>) -> Self {
        Self {
            ports,
            egress,
            sealer,
        }
    }

    pub(crate) fn sealer(&self) -> Result<&Sealer> {
        let sealer = self.sealer.as_ref();
        sealer.ok_or_else(|| Error::internal("OPENCLAW_MASTER_KEY is not set"))
    }
}
