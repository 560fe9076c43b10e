//! How far a request is, and what it comes to.

use crate::Status;
use openclaw_schema::{config::Pricing, usage::TokenUsage};
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
}
