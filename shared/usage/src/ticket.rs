//! A request's way from admission to settlement.

use crate::{Reservation, Status, Totals, UsageRow};
use openclaw_core::{
    Error, Ports, Result, Timestamp,
    ledger::{Durable, Outcome, Step, When},
};
use openclaw_schema::{config::Pricing, usage::TokenUsage};
use std::sync::Arc;

/// Follows one admitted request and settles it exactly once: by [`Ticket::settle`], or, when it
/// is dropped, as interrupted.
pub struct Ticket(Option<Open>);

struct Open {
    ports: Ports,
    totals: Arc<Totals>,
    account: String,
    reservation: Reservation,
    admitted: Option<Durable>,
    progress: Progress,
}

/// What is known of the answer so far.
#[derive(Default)]
struct Progress {
    called: bool,
    provider: Option<String>,
    pricing: Option<Pricing>,
    usage: Option<TokenUsage>,
    completion_estimate: u64,
}

impl Ticket {
    /// For an admitted request; `admitted` resolves when its admission is durable.
    pub fn new(
        ports: Ports,
        totals: Arc<Totals>,
        account: String,
        reservation: Reservation,
        admitted: Durable,
    ) -> Self {
        Self(Some(Open {
            ports,
            totals,
            account,
            reservation,
            admitted: Some(admitted),
            progress: Progress::default(),
        }))
    }

    /// Waits until a crash can no longer forget that the request was admitted: before the first
    /// byte of its answer leaves.
    pub async fn admitted(&mut self) -> Result<()> {
        match self.0.as_mut().and_then(|open| open.admitted.take()) {
            Some(durable) => Ok(durable.await?),
            None => Ok(()),
        }
    }

    /// A provider is being called: from here on the tokens in are accounted.
    pub fn calling(&mut self) {
        self.update(|progress| progress.called = true);
    }

    /// This provider answered, at these prices.
    pub fn served_by(&mut self, provider: &str, pricing: Pricing) {
        self.update(|progress| {
            progress.provider = Some(provider.to_string());
            progress.pricing = Some(pricing);
        });
    }

    /// About so many more tokens came out.
    pub fn generated(&mut self, tokens: u64) {
        self.update(|progress| progress.completion_estimate += tokens);
    }

    /// The provider's own count.
    pub fn counted(&mut self, usage: TokenUsage) {
        self.update(|progress| progress.usage = Some(usage));
    }

    /// What the request would be accounted with if it ended now: the provider's count, or our
    /// estimate.
    pub fn usage(&self) -> TokenUsage {
        self.0
            .as_ref()
            .map(|open| open.usage(Status::Completed).0)
            .unwrap_or_default()
    }

    /// Settles; returns when the row is durable.
    pub async fn settle(mut self, status: Status) -> Result<()> {
        match self.0.take() {
            Some(open) => open.settle(status).await,
            None => Ok(()),
        }
    }

    fn update(&mut self, change: impl FnOnce(&mut Progress)) {
        if let Some(open) = &mut self.0 {
            change(&mut open.progress);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            let spawn = open.ports.spawn.clone();
            spawn.spawn(Box::pin(async move {
                let request = open.reservation.request.clone();
                if let Err(error) = open.settle(Status::Interrupted).await {
                    let cause = error.cause.unwrap_or_default();
                    tracing::error!(request, cause, "an interrupted request was not settled");
                }
            }));
        }
    }
}

impl Open {
    async fn settle(self, status: Status) -> Result<()> {
        let now = self.ports.clock.now();
        let row = self.row(status, now);
        let steps = settlement(&self.reservation, &row)?;
        match self.ports.ledger.transact(&self.account, steps).await? {
            Outcome::Applied(applied) => {
                self.totals.add(&row);
                Ok(applied.durable.await?)
            }
            Outcome::Refused { .. } => Err(Error::internal("the request was settled before")),
        }
    }

    fn row(&self, status: Status, now: Timestamp) -> UsageRow {
        let usage = self.usage(status);
        let pricing = self.progress.pricing.unwrap_or(self.reservation.pricing);
        let provider = self.progress.provider.clone();
        row(&self.reservation, status, now, usage, pricing, provider)
    }

    /// The tokens, and whether they are our estimate. A provider that was called and never
    /// answered costs nothing, unless the client left it no time to.
    fn usage(&self, status: Status) -> (TokenUsage, bool) {
        let Progress {
            called,
            provider,
            usage,
            completion_estimate,
            ..
        } = &self.progress;
        let unanswered = provider.is_none() && status == Status::Failed;
        match usage {
            Some(usage) => (*usage, false),
            None if !called || unanswered => (TokenUsage::default(), false),
            None => {
                let prompt_tokens = self.reservation.prompt_tokens;
                (
                    TokenUsage {
                        prompt_tokens,
                        completion_tokens: *completion_estimate,
                    },
                    true,
                )
            }
        }
    }
}

pub(crate) fn row(
    reservation: &Reservation,
    status: Status,
    now: Timestamp,
    (usage, estimated): (TokenUsage, bool),
    pricing: Pricing,
    provider: Option<String>,
) -> UsageRow {
    let mut cost = pricing.prompt.of(usage.prompt_tokens);
    cost += pricing.completion.of(usage.completion_tokens);
    let duration = now.as_millisecond() - reservation.started.as_millisecond();
    UsageRow {
        request: reservation.request.clone(),
        key: reservation.key.clone(),
        model: reservation.model.clone(),
        provider,
        status,
        usage,
        estimated,
        cost: cost.nanos(),
        started: reservation.started,
        duration_ms: u64::try_from(duration).unwrap_or_default(),
    }
}

/// Removes the reservation and writes what came of it; refused when it is no longer there.
pub(crate) fn settlement(reservation: &Reservation, row: &UsageRow) -> Result<Vec<Step>> {
    let remove = Step::Delete {
        key: reservation.ledger_key(),
        when: When::Present,
    };
    let spend = reservation.spend_instead(openclaw_core::Money::from_nanos(row.cost));
    Ok([remove]
        .into_iter()
        .chain(row.steps()?)
        .chain(spend)
        .collect())
}
