//! A call of a provider, as a request's row tells it.

use serde::{Deserialize, Serialize};

/// A call of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Attempt {
    /// The provider's id.
    pub provider: String,
    /// The model's name there.
    pub model: String,
    /// The HTTP status that it answered; `None` where it did not.
    pub status: Option<u16>,
    /// The error's code, where it failed.
    pub code: Option<String>,
    /// Milliseconds until it had answered (a stream: until something of the answer was there) or failed.
    pub duration_ms: u64,
    /// Its span, 16 hexadecimal digits, where the request belongs to a trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<String>,
}

/// Attempts that a row tells, at most: the first ones.
pub(crate) const MAX_ATTEMPTS: usize = 32;
