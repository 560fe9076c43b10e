//! Errors, and the headers of every answer.

use crate::operation::Operation;
use openclaw_core::Code;
use openclaw_web::Access;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The statuses of the errors that an operation may answer.
pub(crate) fn statuses(operation: &Operation, access: Option<Access>) -> BTreeSet<u16> {
    let mut codes = vec![Code::Internal, Code::ProviderUnavailable];
    if access.is_some() {
        codes.extend([Code::Unauthorized, Code::Forbidden, Code::RateLimitExceeded]);
    }
    if operation.path.contains('{') {
        codes.push(Code::NotFound);
    }
    if !operation.query.is_empty() {
        codes.push(Code::InvalidRequest);
    }
    if !operation.takes.is_empty() {
        codes.extend([
            Code::InvalidRequest,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
        ]);
    }
    if operation.method == "post" && access.is_some() {
        // A replay whose budget is used up, and an `Idempotency-Key` that is wrong.
        codes.extend([
            Code::InvalidRequest,
            Code::IdempotencyConflict,
            Code::BudgetExceeded,
        ]);
    }
    let own = operation.fails.iter().copied();
    codes.into_iter().chain(own).map(Code::status).collect()
}

/// The component that describes errors of this status.
pub(crate) const fn name(status: u16) -> &'static str {
    match status {
        400 => "BadRequest",
        401 => "Unauthorized",
        402 => "BudgetExceeded",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        413 => "PayloadTooLarge",
        415 => "UnsupportedMediaType",
        416 => "RangeNotSatisfiable",
        429 => "RateLimitExceeded",
        500 => "InternalError",
        502 => "BadGateway",
        503 => "Unavailable",
        504 => "Timeout",
        _ => "StorageFull",
    }
}

/// Each of `statuses` as a component.
pub(crate) fn responses(statuses: &BTreeSet<u16>) -> Value {
    let usual = json!({"$ref": "#/components/schemas/ErrorResponse"});
    let described = |status: u16| {
        let mut response = response(status, &usual);
        let example = Code::ALL.iter().find(|code| code.status() == status);
        response["content"]["application/json"]["example"] = example.map(example_of).into();
        response
    };
    let all = statuses.iter();
    Value::Object(
        all.map(|status| (name(*status).into(), described(*status)))
            .collect(),
    )
}

/// The errors of a status, with bodies of this schema.
pub(crate) fn response(status: u16, schema: &Value) -> Value {
    let of_status = Code::ALL.iter().filter(|code| code.status() == status);
    let codes = Vec::from_iter(of_status.map(|code| format!("`{}`", code.as_str())));
    let mut headers = headers();
    headers.insert("x-should-retry".into(), header_ref("ShouldRetry"));
    if matches!(status, 409 | 429 | 503) {
        headers.insert("Retry-After".into(), header_ref("RetryAfter"));
    }
    json!({
        "description": codes.join(", "),
        "headers": headers,
        "content": {"application/json": {"schema": schema}},
    })
}

fn example_of(code: &Code) -> Value {
    let error = match code {
        Code::InvalidRequest => {
            openclaw_core::Error::invalid("name", "must have 1 to 200 characters")
        }
        other => openclaw_core::Error::new(*other, format!("What is wrong: {}", other.as_str())),
    };
    json!({"error": error.body()})
}

/// Of every answer; those about the limit are on answers to keys only.
pub(crate) fn headers() -> Map<String, Value> {
    let names = [
        ("X-Request-Id", "RequestId"),
        ("X-RateLimit-Limit", "RateLimitLimit"),
        ("X-RateLimit-Remaining", "RateLimitRemaining"),
        ("X-RateLimit-Reset", "RateLimitReset"),
    ];
    let all = names.into_iter();
    all.map(|(name, component)| (name.into(), header_ref(component)))
        .collect()
}

fn header_ref(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

pub(crate) fn header_components() -> Value {
    let whole = json!({"type": "integer", "minimum": 0});
    json!({
        "RequestId": {
            "description": "The request's id; the log and the usage row have it, too.",
            "required": true, "schema": {"type": "string", "pattern": "^req_"}
        },
        "RateLimitLimit": {
            "description": "Requests a minute. On answers to a key or token.", "schema": whole
        },
        "RateLimitRemaining": {
            "description": "How many of them are left. On answers to a key or token.", "schema": whole
        },
        "RateLimitReset": {
            "description": "Unix seconds when they are all there again. On answers to a key or token.",
            "schema": whole
        },
        "RetryAfter": {"description": "Seconds after which it may succeed.", "schema": whole},
        "ShouldRetry": {
            "description": "Whether the same request may succeed later.",
            "schema": {"type": "string", "enum": ["true", "false"]}
        },
    })
}
