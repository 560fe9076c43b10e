//! How far a request is, and what it comes to.

use crate::{Attempt, Reservation, Status};
use openclaw_schema::{config::Pricing, pricing::ClassCosts, usage::TokenUsage};
use serde::{Deserialize, Serialize};

/// How far a request is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Progress {
    /// Whether a provider was called.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) called: bool,
    /// Who answered.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) provider: Option<String>,
    /// The catalog's model that answered: a fallback, when it was one.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) served_model: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) pricing: Option<Pricing>,
    /// As far as the provider told.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) usage: TokenUsage,
    /// Our estimate of the tokens out.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) completion_estimate: u64,
    /// Calls that failed although the provider may have worked on them, and bill the prompt.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) billed_failures: u32,
    /// The calls of providers, those of earlier rounds included.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) attempts: Vec<Attempt>,
    /// Milliseconds from the admission to the first token of a stream.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) first_token_ms: Option<u64>,
    /// The code of the error that it fails with.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) code: Option<String>,
    /// Whether the response cache answers.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) cache: bool,
    /// What the rounds before this one came to, where a request has several.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) earlier: Option<Box<Spent>>,
}

/// What calls of models came to.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Spent {
    pub(crate) usage: TokenUsage,
    /// Whether some of the tokens are our estimate.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) estimated: bool,
    /// Nano-dollars.
    pub(crate) cost: i64,
    /// The same by class.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) costs: ClassCosts,
    /// Who answered last, and as which model.
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) provider: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) served_model: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Progress {
    /// A provider was called; more is not known.
    pub(crate) fn called() -> Self {
        Self {
            called: true,
            ..Self::default()
        }
    }

    /// Tokens of the answer: as the provider counted, or `prompt_estimate` and our estimate of what
    /// came out where it did not; and whether one of both is an estimate.
    pub(crate) fn answer_usage(&self, prompt_estimate: u64) -> (TokenUsage, bool) {
        self.usage
            .or_estimate(prompt_estimate, self.completion_estimate)
    }

    /// Tokens of the whole request, those of calls that failed included, and whether some are an
    /// estimate. A provider that was called and never answered costs nothing more, unless the
    /// client left it no time to.
    pub(crate) fn total_usage(&self, prompt_estimate: u64, status: Status) -> (TokenUsage, bool) {
        let unanswered = self.provider.is_none() && status == Status::Failed;
        let (mut usage, mut estimated) = match self.called && !unanswered {
            true => self.answer_usage(prompt_estimate),
            false => (TokenUsage::default(), false),
        };
        if self.billed_failures > 0 {
            let failed = prompt_estimate.saturating_mul(self.billed_failures.into());
            usage.prompt_tokens = Some(usage.prompt().saturating_add(failed));
            estimated = true;
        }
        (usage, estimated)
    }

    /// What the whole request comes to: this round, and those before it. Each round is priced by itself.
    pub(crate) fn spent(&self, reservation: &Reservation, status: Status) -> Spent {
        let (usage, estimated) = self.total_usage(reservation.prompt_tokens, status);
        let pricing = self.pricing.as_ref().unwrap_or(&reservation.pricing);
        // What took no tokens was not answered, and a price of the request alone is not due.
        let costs = match usage == TokenUsage::default() {
            true => ClassCosts::default(),
            false => pricing.class_costs(&usage),
        };
        let round = Spent {
            usage,
            estimated,
            cost: costs.total().nanos(),
            costs,
            provider: self.provider.clone(),
            served_model: self.served_model.clone(),
        };
        match &self.earlier {
            None => round,
            Some(earlier) => earlier.plus(round),
        }
    }
}

impl Spent {
    /// With a round that came after it.
    fn plus(&self, round: Self) -> Self {
        Self {
            usage: self.usage.plus(round.usage),
            estimated: self.estimated || round.estimated,
            cost: self.cost.saturating_add(round.cost),
            costs: self.costs.clone().plus(round.costs),
            provider: round.provider.or_else(|| self.provider.clone()),
            served_model: round.served_model.or_else(|| self.served_model.clone()),
        }
    }
}
