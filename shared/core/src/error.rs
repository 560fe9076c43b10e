//! The errors of the API and the one table that gives each its status, code and type.
//!
//! - [`Error`] is what a caller sees: a stable code, a message that is safe to show, details.
//! - [`StoreError`] is what a storage port reports; it becomes an opaque 500 or 503.
//!
//! A cause that must not leave the process travels in [`Error::cause`] and is logged once, by
//! the outermost middleware, under the request id.

use serde::Serialize;
use std::{borrow::Cow, fmt, time::Duration};

/// The result of everything that can fail towards a caller.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The stable error codes of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Body or parameter wrong.
    InvalidRequest,
    /// A model that is not in the catalog.
    InvalidModel,
    /// A guardrail refused the content.
    ContentFiltered,
    /// The provider's filter refused the content: OpenAI's own code.
    ContentFilter,
    /// The prompt is longer than the model's context: OpenAI's own code.
    ContextLengthExceeded,
    /// No, wrong, revoked or expired key or token.
    Unauthorized,
    /// The spending limit of the key or account is used up.
    BudgetExceeded,
    /// The key lacks the scope, or may not use the model.
    Forbidden,
    /// The operator has suspended the account.
    AccountSuspended,
    /// No such thing.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The thing is in a state that does not allow this.
    Conflict,
    /// The idempotency key was used with another body, or its first request still runs.
    IdempotencyConflict,
    /// The body is over the limit.
    PayloadTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The bytes that were asked for are not in the file.
    RangeNotSatisfiable,
    /// The requests of this minute are used up.
    RateLimitExceeded,
    /// The caller took its request back; on the WebSocket only.
    Cancelled,
    /// Ours.
    Internal,
    /// The provider failed, after retries and fallbacks.
    ProviderError,
    /// The provider, or a store of ours, cannot be reached.
    ProviderUnavailable,
    /// The provider did not answer in time.
    ProviderTimeout,
    /// What a skill called failed.
    SkillFailed,
    /// A skill took too long.
    SkillTimeout,
    /// The account's file storage is used up.
    StorageFull,
}

impl Code {
    /// Every code, for tests and documentation.
    pub const ALL: [Self; 25] = [
        Self::InvalidRequest,
        Self::InvalidModel,
        Self::ContentFiltered,
        Self::ContentFilter,
        Self::ContextLengthExceeded,
        Self::Unauthorized,
        Self::BudgetExceeded,
        Self::Forbidden,
        Self::AccountSuspended,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::IdempotencyConflict,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::RangeNotSatisfiable,
        Self::RateLimitExceeded,
        Self::Cancelled,
        Self::Internal,
        Self::ProviderError,
        Self::ProviderUnavailable,
        Self::ProviderTimeout,
        Self::SkillFailed,
        Self::SkillTimeout,
        Self::StorageFull,
    ];

    /// The table: HTTP status, `error.code`, `error.type` (as OpenAI's SDKs know it).
    const fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::InvalidRequest => (400, "invalid_request", "invalid_request_error"),
            Self::InvalidModel => (400, "invalid_model", "invalid_request_error"),
            Self::ContentFiltered => (400, "content_filtered", "invalid_request_error"),
            Self::ContentFilter => (400, "content_filter", "invalid_request_error"),
            Self::ContextLengthExceeded => {
                (400, "context_length_exceeded", "invalid_request_error")
            }
            Self::Unauthorized => (401, "unauthorized", "authentication_error"),
            Self::BudgetExceeded => (402, "budget_exceeded", "insufficient_quota"),
            Self::Forbidden => (403, "forbidden", "permission_error"),
            Self::AccountSuspended => (403, "account_suspended", "permission_error"),
            Self::NotFound => (404, "not_found", "invalid_request_error"),
            Self::MethodNotAllowed => (405, "method_not_allowed", "invalid_request_error"),
            Self::Conflict => (409, "conflict", "invalid_request_error"),
            Self::IdempotencyConflict => (409, "idempotency_conflict", "idempotency_error"),
            Self::PayloadTooLarge => (413, "payload_too_large", "invalid_request_error"),
            Self::UnsupportedMediaType => (415, "unsupported_media_type", "invalid_request_error"),
            Self::RangeNotSatisfiable => (416, "range_not_satisfiable", "invalid_request_error"),
            Self::RateLimitExceeded => (429, "rate_limit_exceeded", "rate_limit_error"),
            Self::Cancelled => (499, "cancelled", "invalid_request_error"),
            Self::Internal => (500, "internal_error", "api_error"),
            Self::ProviderError => (502, "provider_error", "api_error"),
            Self::ProviderUnavailable => (503, "provider_unavailable", "api_error"),
            Self::ProviderTimeout => (504, "provider_timeout", "api_error"),
            Self::SkillFailed => (502, "skill_failed", "api_error"),
            Self::SkillTimeout => (504, "skill_timeout", "api_error"),
            Self::StorageFull => (507, "storage_full", "insufficient_quota"),
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        self.row().0
    }

    /// `error.code`.
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The code that [`Code::as_str`] calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// `error.type`.
    pub const fn kind(self) -> &'static str {
        self.row().2
    }
}

/// `error.details`, one shape per family of errors.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "ErrorDetails")
)]
#[serde(untagged)]
pub enum Details {
    /// Which field is wrong, as a path such as `messages[0].role`, and how.
    Field {
        /// Path of the field.
        field: String,
        /// The fault, such as `must be a string`.
        issue: String,
    },
    /// All that is wrong, where there may be more than one thing.
    Faults {
        /// The first, as in [`Details::Field`].
        #[serde(flatten)]
        first: Box<Fault>,
        /// Each, in the order of the document.
        faults: Vec<Fault>,
    },
    /// The models that would have been accepted.
    Models {
        /// Their ids.
        available_models: Vec<String>,
    },
    /// The limit that was hit.
    RateLimit {
        /// Requests a minute.
        limit: u64,
        /// When the window ends, RFC 3339.
        reset_time: String,
    },
    /// The guardrail that refused a request or an answer.
    Guardrail {
        /// Its name.
        guardrail: String,
        /// Where it found something: `input` or `output`.
        on: &'static str,
    },
    /// Which provider failed.
    Provider {
        /// Its id in the configuration.
        provider: String,
        /// The HTTP status it answered, if it answered.
        status: Option<u16>,
        /// Its own names for what is wrong.
        #[serde(flatten)]
        names: Option<Box<ProviderNames>>,
    },
}

/// A field that is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Fault {
    /// Path of the field.
    pub field: String,
    /// Such as `must be a string`.
    pub issue: String,
}

impl Fault {
    /// `field` (a path) is wrong because of `issue`.
    pub fn new(field: impl Into<String>, issue: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            issue: issue.into(),
        }
    }
}

/// A provider's own names for what is wrong with a request. Boxed where they are held: few errors
/// have them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ProviderNames {
    /// Its code for the error, such as `context_length_exceeded`.
    #[serde(rename = "provider_code", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The field at fault; shown as the error's own `param`.
    #[serde(skip)]
    pub param: Option<String>,
}

/// An error as its caller sees it.
#[derive(Debug)]
pub struct Error {
    /// The stable code.
    pub code: Code,
    /// Safe to show: names no secret, no host, no internals.
    pub message: Cow<'static, str>,
    /// More, for programs.
    pub details: Option<Details>,
    /// `Retry-After`, where waiting helps.
    pub retry_after: Option<Duration>,
    /// The cause, for the log only.
    pub cause: Option<String>,
}

impl Error {
    /// An error with this code and message and nothing else.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            details: None,
            retry_after: None,
            cause: None,
        }
    }

    /// 400: `field` (a path) is wrong because of `issue`.
    pub fn invalid(field: impl Into<String>, issue: impl Into<String>) -> Self {
        let (field, issue) = (field.into(), issue.into());
        let message = if field.is_empty() {
            format!("Invalid request: {issue}")
        } else {
            format!("Invalid request: {field} {issue}")
        };
        Self::new(Code::InvalidRequest, message).with_details(Details::Field { field, issue })
    }

    /// 400: all of `faults`; `Ok` where there are none.
    pub fn ensure_faultless(faults: Vec<Fault>) -> Result<()> {
        let Some(first) = faults.first().cloned() else {
            return Ok(());
        };
        let error = Self::invalid(first.field.clone(), first.issue.clone());
        let first = Box::new(first);
        Err(error.with_details(Details::Faults { first, faults }))
    }

    /// 401.
    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::Unauthorized, message)
    }

    /// 404: `what` is a short noun phrase such as `model 'x'`.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("No such {what}"))
    }

    /// 500: opaque outside, `cause` in the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal, "Internal server error").with_cause(cause)
    }

    /// Adds details.
    #[must_use]
    pub fn with_details(mut self, details: Details) -> Self {
        self.details = Some(details);
        self
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Adds what only the log may see.
    #[must_use]
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Whether the same request may succeed later: what is overloaded or out of reach, and what says
    /// when to come back.
    pub fn is_temporary(&self) -> bool {
        matches!(self.code.status(), 429 | 502 | 503 | 504)
            || (self.code.status() == 409 && self.retry_after.is_some())
    }

    /// `error.param`: the field at fault, as OpenAI's SDKs expect it.
    fn param(&self) -> Option<&str> {
        match (&self.details, self.code) {
            (Some(Details::Field { field, .. }), _) if !field.is_empty() => Some(field),
            (Some(Details::Faults { first, .. }), _) => Some(&first.field),
            (Some(Details::Provider { names, .. }), _) => names.as_ref()?.param.as_deref(),
            (_, Code::InvalidModel) => Some("model"),
            _ => None,
        }
    }

    /// The error object on the wire: `{"code","message","type","param","details"}`.
    pub fn body(&self) -> impl Serialize + '_ {
        ErrorBody {
            code: self.code.as_str(),
            message: &self.message,
            kind: self.code.kind(),
            param: self.param(),
            details: self.details.as_ref(),
        }
    }
}

/// What is wrong.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Error")
)]
pub(crate) struct ErrorBody<'a> {
    /// The stable name.
    #[cfg_attr(feature = "openapi", schemars(with = "Code"))]
    code: &'a str,
    /// For people.
    message: &'a str,
    /// As OpenAI's SDKs know it.
    #[serde(rename = "type")]
    kind: &'a str,
    /// The field at fault, as a path such as `messages[0].role`.
    param: Option<&'a str>,
    /// More, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a Details>,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Error {}

/// An error of a storage port. The text is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached or is overloaded: try again.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// The store answered something it must not, or was asked something it cannot do.
    #[error("store fault: {0}")]
    Fault(String),
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::new(
                Code::ProviderUnavailable,
                "Storage is unavailable, try again",
            )
            .with_retry_after(Duration::from_secs(1))
            .with_cause(error),
            StoreError::Fault(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_distinct_and_statuses_are_errors() {
        let codes: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        assert!(
            Code::ALL
                .iter()
                .all(|code| (400..600).contains(&code.status()))
        );
    }

    #[test]
    fn an_invalid_field_is_named_in_message_param_and_details() {
        let error = Error::invalid("messages[0].role", "is unknown");
        let json = serde_json::to_value(error.body()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "code": "invalid_request",
                "message": "Invalid request: messages[0].role is unknown",
                "type": "invalid_request_error",
                "param": "messages[0].role",
                "details": {"field": "messages[0].role", "issue": "is unknown"},
            })
        );
    }

    #[test]
    fn all_faults_are_shown_and_the_first_is_named() {
        assert!(Error::ensure_faultless(vec![]).is_ok());
        let faults = vec![Fault::new("a", "is odd"), Fault::new("b[0]", "is even")];
        let error = Error::ensure_faultless(faults).unwrap_err();
        let json = serde_json::to_value(error.body()).unwrap();
        assert_eq!(json["param"], "a");
        let expected = serde_json::json!({
            "field": "a", "issue": "is odd", "faults": [
                {"field": "a", "issue": "is odd"},
                {"field": "b[0]", "issue": "is even"},
            ],
        });
        assert_eq!(json["details"], expected);
    }

    #[test]
    fn what_passes_by_itself_is_temporary() {
        for (code, temporary) in [
            (Code::RateLimitExceeded, true),
            (Code::ProviderError, true),
            (Code::ProviderUnavailable, true),
            (Code::ProviderTimeout, true),
            (Code::Internal, false),
            (Code::BudgetExceeded, false),
            (Code::IdempotencyConflict, false),
        ] {
            assert_eq!(Error::new(code, "x").is_temporary(), temporary, "{code:?}");
        }
        let running = Error::new(Code::IdempotencyConflict, "x");
        assert!(
            running
                .with_retry_after(Duration::from_secs(1))
                .is_temporary()
        );
    }

    #[test]
    fn the_cause_stays_inside() {
        let error = Error::internal("password=hunter2");
        let json = serde_json::to_string(&error.body()).unwrap();
        assert!(!json.contains("hunter2") && !error.to_string().contains("hunter2"));
    }
}
