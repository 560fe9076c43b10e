//! Anthropic's counts and OpenAI's `usage`.

use openclaw_schema::usage::TokenUsage;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Anthropic's `usage`; a stream's comes in parts.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    /// Tokens in that were neither read from the cache nor written to it.
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

/// How long what was written to the cache lives there.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct CacheCreation {
    ephemeral_5m_input_tokens: Option<u64>,
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    thinking_tokens: Option<u64>,
}

/// The later count, unless it is the placeholder 0.
fn later(later: Option<u64>, earlier: Option<u64>) -> Option<u64> {
    later.filter(|count| *count > 0).or(earlier).or(later)
}

impl Counts {
    /// Reads the object; anything else tells nothing.
    pub(super) fn read(usage: Option<&RawValue>) -> Self {
        let counts = usage.and_then(|usage| serde_json::from_str(usage.get()).ok());
        counts.unwrap_or_default()
    }

    /// Of a stream's start, where the tokens out are a placeholder.
    pub(super) fn of_start(usage: Option<&RawValue>) -> Self {
        Self {
            output_tokens: None,
            output_tokens_details: None,
            ..Self::read(usage)
        }
    }

    /// Takes over what came later.
    pub(super) fn update(&mut self, more: Self) {
        *self = Self {
            input_tokens: later(more.input_tokens, self.input_tokens),
            cache_creation_input_tokens: later(
                more.cache_creation_input_tokens,
                self.cache_creation_input_tokens,
            ),
            cache_read_input_tokens: later(
                more.cache_read_input_tokens,
                self.cache_read_input_tokens,
            ),
            cache_creation: more.cache_creation.or(self.cache_creation),
            output_tokens: later(more.output_tokens, self.output_tokens),
            output_tokens_details: more.output_tokens_details.or(self.output_tokens_details),
        };
    }

    /// Tokens written to the cache: the total, or the sum of its parts.
    fn cache_writes(&self) -> Option<u64> {
        self.cache_creation_input_tokens.or_else(|| {
            let parts = self.cache_creation?;
            let parts = [
                parts.ephemeral_5m_input_tokens,
                parts.ephemeral_1h_input_tokens,
            ];
            Some(parts.into_iter().flatten().fold(0, u64::saturating_add))
        })
    }

    /// All tokens in. No prompt is empty: a sum of 0 is a placeholder.
    fn prompt_tokens(&self) -> Option<u64> {
        let parts = [
            self.input_tokens,
            self.cache_writes(),
            self.cache_read_input_tokens,
        ];
        let sum = parts.into_iter().flatten().fold(0, u64::saturating_add);
        (sum > 0).then_some(sum)
    }
}

/// OpenAI's `usage`.
#[derive(Serialize)]
pub(super) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

#[derive(Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
}

impl Counts {
    /// Each count as it was told; `None` where nothing was.
    pub(super) fn usage(&self) -> Option<TokenUsage> {
        let hour = self
            .cache_creation
            .and_then(|parts| parts.ephemeral_1h_input_tokens);
        let writes = self.cache_writes();
        let details = self.output_tokens_details;
        let usage = TokenUsage {
            prompt_tokens: self.prompt_tokens(),
            cached_tokens: self.cache_read_input_tokens,
            cache_write_tokens: writes.map(|all| all.saturating_sub(hour.unwrap_or_default())),
            cache_write_1h_tokens: hour,
            completion_tokens: self.output_tokens,
            reasoning_tokens: details.and_then(|details| details.thinking_tokens),
            ..TokenUsage::default()
        };
        (usage != TokenUsage::default()).then_some(usage)
    }

    /// As a caller sees them; `None` unless tokens in and out are both told.
    pub(super) fn shown(&self) -> Option<Usage> {
        let (prompt_tokens, completion_tokens) = (self.prompt_tokens()?, self.output_tokens?);
        let details = self.output_tokens_details;
        Some(Usage {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens.saturating_add(completion_tokens),
            prompt_tokens_details: PromptDetails {
                cached_tokens: self.cache_read_input_tokens.unwrap_or_default(),
                cache_write_tokens: self.cache_writes().unwrap_or_default(),
            },
            completion_tokens_details: details
                .and_then(|details| details.thinking_tokens)
                .map(|reasoning_tokens| CompletionDetails { reasoning_tokens }),
        })
    }
}
