//! In which order targets are tried.

use crate::{
    catalog::{Model, Target},
    plan::Plan,
    reply::{Failure, Served},
};
use openclaw_core::{Random, Timestamp};
use openclaw_schema::config::Strategy;
use std::sync::Arc;

/// A target of a model.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) model: Arc<Model>,
    at: usize,
}

impl Candidate {
    pub(crate) fn target(&self) -> &Target {
        &self.model.targets[self.at]
    }

    /// That it answered the last of the calls that `before` counts.
    pub(crate) fn served(&self, before: Failure) -> Served {
        Served {
            provider: Arc::clone(&self.target().provider.id),
            model: Arc::clone(&self.model),
            attempts: before.attempts,
            billed_failures: before.billed_failures,
            calls: before.calls,
        }
    }
}

/// The targets of each model in turn, in the order of the first one's strategy, without the ones that are cooling down. When
/// all are, the one whose cooldown ends first: trying it costs less than refusing the request.
pub(crate) fn candidates(plan: &Plan, random: &dyn Random, now: Timestamp) -> Vec<Candidate> {
    let providers = &plan.providers;
    let (mut order, mut cooling) = (vec![], vec![]);
    let mut models: Vec<_> = plan.models.iter().collect();
    if models
        .first()
        .is_some_and(|model| plan.route.strategy_of(model) == Strategy::Price)
    {
        let price = |model: &Model| model.price().into_iter().sum::<f64>();
        models.sort_by(|one, other| price(one).total_cmp(&price(other)));
    }
    for model in models {
        let mut targets = draw(&model.targets, random);
        if plan.route.strategy_of(model) == Strategy::Latency {
            // Who was never asked first: nothing else would tell how fast it is.
            let latency = |at: &usize| providers.health.latency(model.targets[*at].slot);
            let latency = |at: &usize| latency(at).unwrap_or_default();
            targets.sort_by(|one, other| latency(one).total_cmp(&latency(other)));
        }
        for at in targets {
            let candidate = Candidate {
                model: Arc::clone(model),
                at,
            };
            if plan.skips(&candidate) {
                continue;
            }
            match providers.health.cooling(model.targets[at].slot, now) {
                None => order.push(candidate),
                Some(until) => cooling.push((until, candidate)),
            }
        }
    }
    if order.is_empty() {
        let first = cooling.into_iter().min_by_key(|(until, _)| *until);
        order.extend(first.map(|(_, candidate)| candidate));
    }
    plan.route.sort(&mut order);
    order
}

/// The indices of `targets`, each drawn by its weight among those that are left.
fn draw(targets: &[Target], random: &dyn Random) -> Vec<usize> {
    let mut left: Vec<usize> = (0..targets.len()).collect();
    let mut order = Vec::with_capacity(targets.len());
    while left.len() > 1 {
        let weight = |at: &usize| u64::from(targets[*at].weight);
        let mut ticket = below(random, left.iter().map(weight).sum());
        let holds = |at: &usize| match ticket.checked_sub(weight(at)) {
            Some(rest) => {
                ticket = rest;
                false
            }
            None => true,
        };
        let drawn = left.iter().position(holds).unwrap_or_default();
        order.push(left.remove(drawn));
    }
    order.extend(left);
    order
}

/// A number from 0 to `end` - 1, uniform but for one part in 2⁶⁴ / `end`.
pub(crate) fn below(random: &dyn Random, end: u64) -> u64 {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    u64::from_le_bytes(bytes) % end.max(1)
}
