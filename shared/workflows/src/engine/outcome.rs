//! What an attempt means for its step.

use super::{Engine, MAX_EXECUTED, walk::ensure_small};
use crate::{definition::StepError, event::Event, state::State};
use openclaw_core::{Code, Error, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// How often a step comes back that was told to, without that being a failure.
const MAX_BUSY: u32 = 50;

/// The longest pause before another attempt.
const MAX_PAUSE: Duration = Duration::from_secs(24 * 3600);

impl Engine<'_> {
    /// What is written of an attempt that is over; `None` where its step is no longer worked on.
    pub fn outcome(
        &self,
        state: &State,
        path: &str,
        made: Result<Value, StepError>,
        now: Timestamp,
    ) -> Option<Event> {
        let step = state.steps.get(path)?;
        if step.ended_at.is_some() {
            return None;
        }
        let made = made.and_then(|result| {
            ensure_small(&result, "The result")?;
            Ok(result)
        });
        let error = match made {
            Ok(result) => {
                return Some(Event::completed(path, result));
            }
            Err(error) => error,
        };
        if let Some(busy_until) = error.busy_until
            && step.busy < MAX_BUSY
        {
            return Some(Event::StepFailed {
                step: path.to_owned(),
                error,
                retry_at: Some(busy_until),
                busy: true,
            });
        }
        let index = self.program.index(path.split('[').next()?)?;
        let retry = self.program.nodes[index].step.retry;
        let again = retry.filter(|retry| error.is_temporary && step.failures + 1 < retry.attempts);
        let retry_at = again.map(|retry| {
            let pause = retry.backoff_seconds * f64::from(2_u32.pow(step.failures.min(20)));
            let pause = Duration::try_from_secs_f64(pause).unwrap_or(MAX_PAUSE);
            now + pause.min(MAX_PAUSE)
        });
        Some(Event::StepFailed {
            step: path.to_owned(),
            error,
            retry_at,
            busy: false,
        })
    }
}

impl StepError {
    /// One that another attempt would not mend.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            is_temporary: false,
            busy_until: None,
        }
    }

    /// The same, which another attempt may mend.
    #[must_use]
    pub fn temporary(mut self) -> Self {
        self.is_temporary = true;
        self
    }

    /// The same as an error of the API.
    pub fn error(&self) -> Error {
        let mut codes = Code::ALL.into_iter();
        let code = codes.find(|code| code.as_str() == self.code);
        Error::new(code.unwrap_or(Code::ProviderTimeout), self.message.clone())
    }

    /// An endpoint's answer.
    pub fn of(error: &Error, now: Timestamp) -> Self {
        let is_busy = matches!(error.code, Code::RateLimitExceeded);
        let after = error.retry_after.filter(|_| is_busy);
        Self {
            code: error.code.as_str().to_owned(),
            message: error.message.to_string(),
            is_temporary: error.is_temporary() || error.code == Code::Internal,
            busy_until: after.map(|after| now + after.max(Duration::from_secs(1))),
        }
    }
}

/// A step failed for good.
pub(super) fn failure(path: &str, error: StepError) -> Event {
    Event::StepFailed {
        step: path.to_owned(),
        error,
        retry_at: None,
        busy: false,
    }
}

pub(super) fn interrupted() -> StepError {
    StepError::new("internal_error", "The step was cut off several times")
}

pub(super) fn too_many() -> StepError {
    let message = format!("A run executes at most {MAX_EXECUTED} steps");
    StepError::new("invalid_request", message)
}
