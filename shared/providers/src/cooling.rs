//! Which targets are passed over, for whoever asks. A process knows of its own calls only, and the one that is asked
//! is often another: what begins to pass a target over writes it into the operator's partition.

use crate::{
    catalog::{Model, Providers},
    health::Slot,
};
use openclaw_core::{
    Ledger, Ports, Result, Timestamp,
    documents::{all, apply, put_until},
    ledger::{OPERATOR, When},
};
use std::{collections::HashMap, sync::Arc};

/// `cooling/<provider>/<model>` → until when; gone after that.
const PREFIX: &str = "cooling/";

/// The targets that a process passes over, by provider and model.
#[derive(Debug, Default)]
pub struct Cooling(HashMap<String, Timestamp>);

impl Cooling {
    /// All of them, whichever process it is.
    pub async fn read(ledger: &dyn Ledger) -> Result<Self> {
        Ok(Self(
            all(ledger, OPERATOR, PREFIX).await?.into_iter().collect(),
        ))
    }
}

/// A place that serves a model, as the operator sees it.
#[derive(Clone, Copy, Debug)]
pub struct TargetState<'a> {
    /// Its provider.
    pub provider: &'a str,
    /// The model's name there.
    pub model: &'a str,
    /// Its share of the requests, beside the other targets' weights.
    pub weight: u32,
    /// Until when at least one process passes it over, because it failed.
    pub cooling_down_until: Option<Timestamp>,
}

impl Providers {
    /// The targets of a model that can be called, in the configuration's order.
    pub fn targets<'a>(
        &'a self,
        model: &'a Model,
        cooling: &'a Cooling,
        now: Timestamp,
    ) -> impl Iterator<Item = TargetState<'a>> {
        model.targets.iter().map(move |target| TargetState {
            provider: &target.provider.id,
            model: &target.model,
            weight: target.weight,
            cooling_down_until: self
                .slots
                .get(target.slot.0)
                .and_then(|place| cooling.0.get(place))
                .filter(|until| **until > now)
                .copied(),
        })
    }

    /// A call of a target failed by the target's own fault.
    pub(crate) fn failed(&self, slot: Slot, ports: &Ports) {
        let until = self.health.failed(slot, ports.clock.now());
        let (Some(until), Some(place)) = (until, self.slots.get(slot.0)) else {
            return;
        };
        let (key, ledger) = (format!("{PREFIX}{place}"), Arc::clone(&ports.ledger));
        ports.spawn.spawn(Box::pin(async move {
            let written = async {
                let step = put_until(key, &until, When::Always, Some(until))?;
                apply(&*ledger, OPERATOR, vec![step]).await
            };
            // Routing does not need it: only the operator sees less.
            if let Err(error) = written.await {
                tracing::warn!(cause = error.cause, "a cooldown is not told");
            }
        }));
    }
}
