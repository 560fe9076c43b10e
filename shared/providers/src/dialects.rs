//! The dialects: a row each, and the only place that tells them by their names.

use crate::{
    anthropic::Anthropic, bedrock::Bedrock, dialect::Dialect, gemini::Gemini, openai::OpenAi,
};
use openclaw_schema::config;

/// The wire format that a provider's row names.
pub(crate) const fn dialect(name: config::Dialect) -> &'static dyn Dialect {
    match name {
        config::Dialect::Openai => &OpenAi,
        config::Dialect::Anthropic => &Anthropic,
        config::Dialect::Gemini => &Gemini,
        config::Dialect::Bedrock => &Bedrock,
    }
}
