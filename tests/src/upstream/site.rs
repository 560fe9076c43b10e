//! A web site for whatever asks addresses that tenants choose: `/site/echo` says what came, `/site/answer`
//! answers what its query says.

use super::play::Step;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header, request::Parts};
use serde_json::{Value, json};
use std::{collections::BTreeMap, str::FromStr};

/// The pairs of a query.
pub(super) fn query(head: &Parts) -> BTreeMap<String, String> {
    let query = head.uri.query().unwrap_or_default();
    let url = reqwest::Url::parse(&format!("http://x/?{query}"));
    let url = url.expect("a URL with a query");
    url.query_pairs().into_owned().collect()
}

/// Where its requests are recorded: `tag` in the query.
pub(super) fn tag(query: &BTreeMap<String, String>) -> Option<&str> {
    query.get("tag").map(String::as_str)
}

/// The answer at a path of it; `None` at any other.
pub(super) fn answer(
    head: &Parts,
    query: &BTreeMap<String, String>,
    body: &Bytes,
) -> Option<Response<Vec<Step>>> {
    match head.uri.path() {
        "/site/echo" => Some(Response::new(vec![Step::Write(echo(head, query, body))])),
        "/site/answer" => Some(told(query)),
        _ => None,
    }
}

fn echo(head: &Parts, query: &BTreeMap<String, String>, body: &Bytes) -> Bytes {
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), Value::from(value))
    });
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let text = String::from_utf8_lossy(body).into_owned();
    let seen = json!({
        "method": head.method.as_str(),
        "url": head.uri.to_string(),
        "query": query,
        "headers": Value::Object(headers.collect()),
        "body": json.unwrap_or(Value::String(text)),
    });
    seen.to_string().into()
}

/// `status`, `location`, `type`, `body`, `bytes` (so many of them in place of a body), `stall` (after the
/// body), `cut`.
fn told(query: &BTreeMap<String, String>) -> Response<Vec<Step>> {
    let get = |name: &str| query.get(name).map(String::as_str);
    let body = match get("bytes").and_then(|count| count.parse().ok()) {
        Some(count) => Bytes::from(vec![b'x'; count]),
        None => get("body").unwrap_or_default().to_owned().into(),
    };
    let mut steps = vec![Step::Write(body)];
    if get("stall").is_some() {
        steps.push(Step::Stall);
    }
    if get("cut").is_some() {
        steps.push(Step::Cut);
    }
    let mut response = Response::new(steps);
    let status = get("status").and_then(|status| StatusCode::from_str(status).ok());
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    let headers: [(HeaderName, Option<&str>); 2] = [
        (header::LOCATION, get("location")),
        (header::CONTENT_TYPE, get("type")),
    ];
    for (name, value) in headers {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
