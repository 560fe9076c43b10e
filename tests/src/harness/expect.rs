//! The contract's conventions, each checked in one place.

use super::{Reply, timing::now};
use http::HeaderMap;
use serde_json::Value;

/// `error.code`, its status and `error.type`.
const TABLE: &[(&str, u16, &str)] = &[
    ("invalid_request", 400, "invalid_request_error"),
    ("invalid_model", 400, "invalid_request_error"),
    ("content_filtered", 400, "invalid_request_error"),
    ("content_filter", 400, "invalid_request_error"),
    ("context_length_exceeded", 400, "invalid_request_error"),
    ("unauthorized", 401, "authentication_error"),
    ("budget_exceeded", 402, "insufficient_quota"),
    ("forbidden", 403, "permission_error"),
    ("account_suspended", 403, "permission_error"),
    ("not_found", 404, "invalid_request_error"),
    ("method_not_allowed", 405, "invalid_request_error"),
    ("conflict", 409, "invalid_request_error"),
    ("idempotency_conflict", 409, "idempotency_error"),
    ("payload_too_large", 413, "invalid_request_error"),
    ("unsupported_media_type", 415, "invalid_request_error"),
    ("range_not_satisfiable", 416, "invalid_request_error"),
    ("rate_limit_exceeded", 429, "rate_limit_error"),
    // On the WebSocket only, where no status is seen.
    ("cancelled", 499, "invalid_request_error"),
    ("internal_error", 500, "api_error"),
    ("provider_error", 502, "api_error"),
    ("provider_unavailable", 503, "api_error"),
    ("provider_timeout", 504, "api_error"),
    ("skill_failed", 502, "api_error"),
    ("skill_timeout", 504, "api_error"),
    ("storage_full", 507, "insufficient_quota"),
];

/// An error object that has the contract's shape.
#[derive(Clone, Debug)]
pub struct Failure {
    /// For people.
    pub message: String,
    /// The field at fault.
    pub param: Option<String>,
    /// For programs; `null` where there are none.
    pub details: Value,
}

/// The HTTP status of an error code.
pub(super) fn status_of(code: &str) -> u16 {
    row(code).1
}

fn row(code: &str) -> &'static (&'static str, u16, &'static str) {
    let row = TABLE.iter().find(|(known, ..)| *known == code);
    row.unwrap_or_else(|| panic!("{code} is not in the table"))
}

impl Failure {
    /// Checks the shape of an error object of this code; the status that belongs to it.
    pub fn of(error: &Value, code: &str) -> (u16, Self) {
        let (_, status, kind) = row(code);
        assert_eq!(error["code"], code, "{error}");
        assert_eq!(error["type"], *kind, "{error}");
        let object = error.as_object().expect("an object");
        let mut names: Vec<_> = object.keys().map(String::as_str).collect();
        names.retain(|name| *name != "details");
        names.sort_unstable();
        assert_eq!(names, ["code", "message", "param", "type"], "{error}");
        let message = error["message"].as_str().expect("a message");
        assert!(!message.is_empty() && !message.contains('\n'), "{error}");
        let failure = Self {
            message: message.into(),
            param: error["param"].as_str().map(Into::into),
            details: error["details"].clone(),
        };
        (*status, failure)
    }

    /// `param` and `details` name this field, and what is wrong with it.
    pub fn names(&self, field: &str) {
        assert_eq!(self.param.as_deref(), Some(field), "{self:?}");
        assert_eq!(self.details["field"], field, "{self:?}");
        let issue = self.details["issue"].as_str();
        assert!(issue.is_some_and(|issue| !issue.is_empty()), "{self:?}");
    }
}

impl Reply {
    /// The answer is this error: status, content type and shape by the table.
    pub fn fails(&self, code: &str) -> Failure {
        let kind = self.header("content-type").unwrap_or_default();
        assert!(
            kind.starts_with("application/json"),
            "{}: {kind}",
            self.status
        );
        let json = self.json();
        let only_error = json.as_object().is_some_and(|json| json.len() == 1);
        assert!(only_error, "{json}");
        let (status, failure) = Failure::of(&json["error"], code);
        assert_eq!(self.status, status, "{json}");
        failure
    }

    /// It is 400 `invalid_request` and names this field.
    pub fn blames(&self, field: &str) {
        self.fails("invalid_request").names(field);
    }
}

/// Every answer has one.
pub(super) fn request_id(headers: &HeaderMap) {
    let id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let long_enough = id.is_some_and(|id| id.starts_with("req_") && id.len() > 12);
    assert!(long_enough, "x-request-id is {id:?}");
}

/// Every authenticated answer has these, a 429 one more.
pub(super) fn rate_limit_headers(status: u16, headers: &HeaderMap) {
    let number = |name: &str| -> i64 {
        let text = headers.get(name).and_then(|value| value.to_str().ok());
        text.and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("{status}: {name} is {text:?}"))
    };
    let (limit, left) = (number("x-ratelimit-limit"), number("x-ratelimit-remaining"));
    assert!(
        limit >= 1 && (0..=limit).contains(&left),
        "{left} of {limit}"
    );
    let reset = number("x-ratelimit-reset");
    let wait = reset - now().as_second();
    assert!(
        reset % 60 == 0 && (-5..=60).contains(&wait),
        "reset {reset}"
    );
    if status == 429 {
        let after = number("retry-after");
        assert!((1..=60).contains(&after), "retry-after {after}");
    }
}
