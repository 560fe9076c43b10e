//! What is known of a request's answer, and what it comes to.

use crate::Status;
use openclaw_core::record;
use openclaw_schema::{config::Pricing, usage::TokenUsage};
use serde::Serialize;

/// What is known of the answer so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Progress {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) called: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) provider: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) pricing: Option<Pricing>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) usage: Option<TokenUsage>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) completion_estimate: u64,
}

record!(Progress {
    called,
    provider,
    pricing,
    usage,
    completion_estimate,
    ..
});

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

    /// The tokens, and whether they are our estimate. A provider that was called and never
    /// answered costs nothing, unless the client left it no time to.
    pub(crate) fn usage(&self, prompt_tokens: u64, status: Status) -> (TokenUsage, bool) {
        let unanswered = self.provider.is_none() && status == Status::Failed;
        match self.usage {
            Some(usage) => (usage, false),
            None if !self.called || unanswered => (TokenUsage::default(), false),
            None => {
                let completion_tokens = self.completion_estimate;
                let usage = TokenUsage {
                    prompt_tokens,
                    completion_tokens,
                };
                (usage, true)
            }
        }
    }
}
