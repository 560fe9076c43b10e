//! Why a call failed, what its caller is told and what is tried next.

use crate::body::Cut;
use openclaw_core::{Code, Details, Error, HttpError};
use std::{fmt::Display, sync::Arc, time::Duration};

/// A failed call.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The error that the caller is shown if this was the last call. Its `retry_after` is the
    /// provider's.
    pub(crate) error: Error,
    pub(crate) next: Next,
    /// Whether it counts against the target. A failure that the request itself caused does not:
    /// one tenant's requests must not take a target away from the others.
    pub(crate) counts: bool,
    /// Whether the provider may have worked on the request, and bill it.
    pub(crate) may_be_billed: bool,
}

/// The step after a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The same target may do better: wait and call it again.
    Retry,
    /// This target will not do better: go to the next.
    Move,
    /// Only a model with a larger context can do better.
    Larger,
    /// No target would: the request itself is at fault.
    Stop,
}

impl Fault {
    /// No answer came at all.
    pub(crate) fn unanswered(provider: &Arc<str>, error: &HttpError) -> Self {
        match error {
            HttpError::Connect(_) | HttpError::Special(_) => {
                let message = "The provider cannot be reached";
                let error =
                    told(Code::ProviderUnavailable, message, provider, None).with_cause(error);
                Self {
                    may_be_billed: false,
                    ..Self::of_target(error, Next::Retry)
                }
            }
            HttpError::Broken(_) => Self::broken(provider, None, error),
        }
    }

    /// The connection broke or the bytes ended before the answer was whole.
    pub(crate) fn broken(provider: &Arc<str>, status: Option<u16>, cause: impl Display) -> Self {
        let message = "The provider broke off its answer";
        let error = told(Code::ProviderError, message, provider, status).with_cause(cause);
        Self::of_target(error, Next::Retry)
    }

    /// The credential is not taken, or cannot be used. The next try would not be, either.
    pub(crate) fn credential(provider: &Arc<str>, status: Option<u16>, cause: String) -> Self {
        let message = "The provider does not take the gateway's credential";
        let error = told(Code::ProviderError, message, provider, status).with_cause(cause);
        let next = match status {
            Some(429 | 500..) => Next::Retry,
            _ => Next::Move,
        };
        Self {
            may_be_billed: false,
            ..Self::of_target(error, next)
        }
    }

    /// Nothing came for too long. The next try would take as long again.
    pub(crate) fn timeout(provider: &Arc<str>, status: Option<u16>, waited: Duration) -> Self {
        let message = "The provider did not answer in time";
        let error = told(Code::ProviderTimeout, message, provider, status)
            .with_cause(format!("waited for {} ms", waited.as_millis()));
        Self::of_target(error, Next::Move)
    }

    /// The answer's bytes stopped coming.
    pub(crate) fn cut(provider: &Arc<str>, status: u16, cut: Cut) -> Self {
        match cut {
            Cut::Broken(error) => Self::broken(provider, Some(status), error),
            Cut::Idle(waited) => Self::timeout(provider, Some(status), waited),
            Cut::TooLong => Self {
                // How long an answer is depends on what was asked.
                counts: false,
                ..Self::of_target(too_long(provider, status), Next::Move)
            },
        }
    }

    /// An answer that cannot be read. It was generated, and paid, so the same target is not asked
    /// for it again.
    pub(crate) fn malformed(provider: &Arc<str>, status: u16, cause: String) -> Self {
        let message = "The provider's answer cannot be read";
        let error = told(Code::ProviderError, message, provider, Some(status)).with_cause(cause);
        Self::of_target(error, Next::Move)
    }

    /// An answer with nothing in it.
    pub(crate) fn empty(provider: &Arc<str>, status: u16, cause: String) -> Self {
        let message = "The provider's answer is empty";
        let error = told(Code::ProviderError, message, provider, Some(status)).with_cause(cause);
        Self::of_target(error, Next::Retry)
    }

    const fn of_target(error: Error, next: Next) -> Self {
        Self {
            error,
            next,
            counts: true,
            may_be_billed: true,
        }
    }
}

fn too_long(provider: &Arc<str>, status: u16) -> Error {
    let message = "The provider's answer is too long";
    told(Code::ProviderError, message, provider, Some(status))
}

/// An error that names the provider.
fn told(code: Code, message: &'static str, provider: &Arc<str>, status: Option<u16>) -> Error {
    Error::new(code, message).with_details(Details::Provider {
        provider: provider.to_string(),
        status,
        names: None,
    })
}
