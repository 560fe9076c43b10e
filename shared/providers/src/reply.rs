//! The outcome of a request: an answer and its source, or the failure of the last call.

use crate::catalog::Model;
use openclaw_core::{Code, Error};
use std::{sync::Arc, time::Duration};

/// Calls that are told one by one, at most.
pub(crate) const MAX_TOLD: usize = 32;

/// A call of a provider.
#[derive(Clone, Debug)]
pub struct Called {
    /// The provider's id in the configuration.
    pub provider: Arc<str>,
    /// The model's name there.
    pub model: String,
    /// The HTTP status that it answered; `None` where it did not.
    pub status: Option<u16>,
    /// The error's code, where it failed.
    pub code: Option<Code>,
    /// How long it took to answer (a stream: until something of the answer was there) or to fail.
    pub took: Duration,
    /// Its span, 16 hexadecimal digits, where the request belongs to a trace.
    pub span: Option<String>,
}

/// An answer and who gave it.
#[derive(Debug)]
pub struct Reply<T> {
    /// A [`Completion`](crate::Completion) or a [`ChunkStream`](crate::ChunkStream).
    pub answer: T,
    /// Where it comes from.
    pub served: Served,
}

/// Who answered.
#[derive(Clone, Debug)]
pub struct Served {
    /// The provider's id in the configuration.
    pub provider: Arc<str>,
    /// The catalog's model that served: a fallback, when it was one.
    pub model: Arc<Model>,
    /// Calls made, this one included: at least 1.
    pub attempts: u32,
    /// Of the calls before this one, those that the provider may bill although they failed.
    pub billed_failures: u32,
    /// The calls, at most 32 of them.
    pub calls: Vec<Called>,
}

/// Nobody answered.
#[derive(Debug)]
pub struct Failure {
    /// The error that the caller is shown.
    pub error: Error,
    /// The provider that was tried last; `None` when none could be.
    pub provider: Option<Arc<str>>,
    /// Calls made.
    pub attempts: u32,
    /// Of these, those that the provider may bill: it may have worked on them until they failed.
    pub billed_failures: u32,
    /// The calls, at most 32 of them.
    pub calls: Vec<Called>,
}
