//! Why a call failed, what its caller is told and what is tried next.

use crate::body::Cut;
use openclaw_core::{Code, Details, Error, HttpError};
use std::{sync::Arc, time::Duration};

/// A failed call.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What the caller is told if this was the last call. Its `retry_after` is the provider's.
    pub(crate) error: Error,
    pub(crate) next: Next,
    /// Whether the provider may have worked on the request, and bill it.
    pub(crate) may_be_billed: bool,
}

/// What to do after a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The same target may do better: wait and call it again.
    Retry,
    /// This target will not do better: go to the next.
    Move,
    /// No target would: the request itself is at fault.
    Stop,
}

impl Fault {
    /// No answer came at all.
    pub(crate) fn unanswered(provider: &Arc<str>, error: &HttpError) -> Self {
        match error {
            HttpError::Connect(_) => Self {
                error: told(
                    Code::ProviderUnavailable,
                    "The provider cannot be reached",
                    provider,
                    None,
                )
                .with_cause(error),
                next: Next::Retry,
                may_be_billed: false,
            },
            HttpError::Broken(_) => Self::broken(provider, None, error),
        }
    }

    /// The connection broke or the bytes ended before the answer was whole.
    pub(crate) fn broken(
        provider: &Arc<str>,
        status: Option<u16>,
        cause: impl std::fmt::Display,
    ) -> Self {
        let message = "The provider broke off its answer";
        Self {
            error: told(Code::ProviderError, message, provider, status).with_cause(cause),
            next: Next::Retry,
            may_be_billed: true,
        }
    }

    /// Nothing came for too long. The next try would take as long again.
    pub(crate) fn timeout(provider: &Arc<str>, status: Option<u16>, waited: Duration) -> Self {
        let message = "The provider did not answer in time";
        Self {
            error: told(Code::ProviderTimeout, message, provider, status)
                .with_cause(format!("silent for {} ms", waited.as_millis())),
            next: Next::Move,
            may_be_billed: true,
        }
    }

    /// The answer's bytes stopped coming.
    pub(crate) fn cut(provider: &Arc<str>, status: u16, cut: Cut) -> Self {
        match cut {
            Cut::Broken(error) => Self::broken(provider, Some(status), error),
            Cut::Idle(waited) => Self::timeout(provider, Some(status), waited),
            Cut::TooLong => {
                let cause = "the answer is longer than what is read".into();
                Self::malformed(provider, status, cause, Next::Move)
            }
        }
    }

    /// An answer that is not what the dialect says, or an error in place of one.
    pub(crate) fn malformed(provider: &Arc<str>, status: u16, cause: String, next: Next) -> Self {
        let message = "The provider's answer cannot be used";
        Self {
            error: told(Code::ProviderError, message, provider, Some(status)).with_cause(cause),
            next,
            may_be_billed: true,
        }
    }
}

/// An error that names the provider.
pub(crate) fn told(
    code: Code,
    message: &'static str,
    provider: &Arc<str>,
    status: Option<u16>,
) -> Error {
    Error::new(code, message).with_details(Details::Provider {
        provider: provider.to_string(),
        status,
    })
}
