//! The request log as CSV (RFC 4180), one row a request.

use axum::{body::Body, response::Response};
use http::{HeaderName, HeaderValue, header};
use openclaw_core::{Error, Result};
use openclaw_schema::usage::{RequestList, RequestView};

const COLUMNS: [&str; 25] = [
    "id",
    "created_at",
    "key",
    "endpoint",
    "model",
    "served_model",
    "provider",
    "status",
    "http_status",
    "code",
    "stream",
    "cache",
    "fallback",
    "retries",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "estimated",
    "cost",
    "first_token_ms",
    "duration_ms",
    "user",
    "metadata",
    "run",
];

/// Where the next page starts, where there is one.
const NEXT: HeaderName = HeaderName::from_static("x-openclaw-next");

/// A page as a file of CSV.
pub(crate) fn response(list: &RequestList) -> Result<Response> {
    let mut response = Response::new(Body::from(document(&list.data)?));
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_TYPE, "text/csv; charset=utf-8");
    set(
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"requests.csv\"",
    );
    if let Some(next) = list.last_id.as_ref().filter(|_| list.has_more) {
        let next = HeaderValue::from_str(next).map_err(Error::internal)?;
        headers.insert(NEXT, next);
    }
    Ok(response)
}

fn document(requests: &[RequestView]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(COLUMNS).map_err(Error::internal)?;
    for request in requests {
        writer
            .write_record(row(request)?)
            .map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

fn row(request: &RequestView) -> Result<[String; COLUMNS.len()]> {
    let text = |text: &Option<String>| plain(text.as_deref().unwrap_or_default());
    let metadata = match request.metadata.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&request.metadata).map_err(Error::internal)?,
    };
    Ok([
        request.id.clone(),
        request.created_at.to_string(),
        request.key.clone(),
        request.endpoint.clone(),
        text(&request.model),
        text(&request.served_model),
        text(&request.provider),
        request.status.to_owned(),
        request.http_status.to_string(),
        text(&request.code),
        request.stream.to_string(),
        request.cache.to_string(),
        request.fallback.to_string(),
        request.retries.to_string(),
        request.prompt_tokens.to_string(),
        request.token_classes.cached.to_string(),
        request.completion_tokens.to_string(),
        request.token_classes.reasoning.to_string(),
        request.estimated.to_string(),
        request.cost.to_string(),
        request
            .first_token_ms
            .map_or(String::new(), |ms| ms.to_string()),
        request.duration_ms.to_string(),
        text(&request.user),
        metadata,
        text(&request.run),
    ])
}

/// Text that a spreadsheet takes for text: what a caller chose must not become a formula.
fn plain(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_wrote_is_no_formula() {
        assert_eq!(plain("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(plain("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(plain("a=b"), "a=b");
    }
}
