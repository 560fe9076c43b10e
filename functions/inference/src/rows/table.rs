//! The table of endpoints.

use openclaw_usage::Endpoint;

/// An endpoint whose requests are JSON.
pub(super) struct Row {
    /// Here, and at a provider after its `base_url`.
    pub(super) path: &'static str,
    /// In usage rows.
    pub(super) endpoint: Endpoint,
    /// The model where a request may leave it out.
    pub(super) default_model: Option<&'static str>,
    /// Fields of which one at least must be there; the prompt is all text in all of them.
    pub(super) prompt: &'static [&'static str],
    /// What a token of the prompt is.
    pub(super) unit: Unit,
    /// What an answer can take beside its prompt.
    pub(super) output: Output,
}

/// What is counted where the provider tells nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Token,
    /// Speech is priced by the characters that are read.
    Character,
}

/// Tokens out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// None: vectors, categories, scores.
    Nothing,
    /// Those of so many pictures as `n` says, each of at most this many tokens; the fixed price is
    /// that of one.
    Pictures(u64),
    /// As many as the model can give.
    Audio,
}

/// The most tokens of a picture: OpenAI's gpt-image-1 takes 6,240 for one of 1024 × 1536 in high
/// quality.
const PICTURE: u64 = 6_240;

pub(super) const ROWS: &[Row] = &[
    Row {
        path: "/embeddings",
        endpoint: Endpoint::Embeddings,
        default_model: None,
        prompt: &["input"],
        unit: Unit::Token,
        output: Output::Nothing,
    },
    Row {
        path: "/moderations",
        endpoint: Endpoint::Moderations,
        default_model: Some("omni-moderation-latest"),
        prompt: &["input"],
        unit: Unit::Token,
        output: Output::Nothing,
    },
    Row {
        path: "/rerank",
        endpoint: Endpoint::Rerank,
        default_model: None,
        prompt: &["query", "documents"],
        unit: Unit::Token,
        output: Output::Nothing,
    },
    Row {
        path: "/images/generations",
        endpoint: Endpoint::Images,
        default_model: None,
        prompt: &["prompt"],
        unit: Unit::Token,
        output: Output::Pictures(PICTURE),
    },
    Row {
        path: "/audio/speech",
        endpoint: Endpoint::Speech,
        default_model: None,
        prompt: &["input", "instructions"],
        unit: Unit::Character,
        output: Output::Audio,
    },
];
