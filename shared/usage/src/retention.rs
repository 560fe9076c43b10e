//! How long what is accounted is kept.

use openclaw_schema::config::Analytics;
use serde::{Deserialize, Serialize};

/// How long an account's requests and their sums are kept. A reservation says it, because whoever settles
/// it may not know the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Retention {
    /// Days that single requests are kept.
    pub request_days: i64,
    /// Days that the hours' sums are kept.
    pub sum_days: i64,
}

impl Retention {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self::from(&Analytics::default())
    }
}

impl From<&Analytics> for Retention {
    fn from(config: &Analytics) -> Self {
        Self {
            request_days: config.request_days.into(),
            sum_days: config.sum_days.into(),
        }
    }
}
