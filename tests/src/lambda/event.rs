//! A request as the event of a REST API (proxy integration, v1).

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, Uri, request::Parts};
use reqwest::Url;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The event of this request.
pub(super) fn event(parts: &Parts, body: &[u8]) -> String {
    let path = parts.uri.path();
    let (body, encoded) = match std::str::from_utf8(body) {
        Ok("") => (Value::Null, false),
        Ok(text) => (text.into(), false),
        Err(_) => (BASE64_STANDARD.encode(body).into(), true),
    };
    let headers = headers(&parts.headers);
    let query = queries(&parts.uri);
    let event = json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": parts.method.as_str(),
        "headers": last(&headers),
        "multiValueHeaders": headers,
        "queryStringParameters": last(&query),
        "multiValueQueryStringParameters": query,
        "pathParameters": {"proxy": path.trim_start_matches('/')},
        "stageVariables": null,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "resourceId": "local",
            "resourcePath": "/{proxy+}",
            "operationName": null,
            "domainName": "127.0.0.1",
            "domainPrefix": "127",
            "extendedRequestId": "local",
            "httpMethod": parts.method.as_str(),
            "path": format!("/dev{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "00000000-0000-0000-0000-000000000000",
            "requestTimeEpoch": 0,
            "stage": "dev",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body,
        "isBase64Encoded": encoded,
    });
    event.to_string()
}

/// The values of each header.
pub(super) fn headers(headers: &HeaderMap) -> BTreeMap<&str, Vec<String>> {
    let mut all: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        all.entry(name.as_str()).or_default().push(text);
    }
    all
}

/// The values of each parameter.
pub(super) fn queries(uri: &Uri) -> BTreeMap<String, Vec<String>> {
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if let Ok(url) = Url::parse(&format!("http://host{uri}")) {
        for (name, value) in url.query_pairs() {
            query
                .entry(name.into_owned())
                .or_default()
                .push(value.into_owned());
        }
    }
    query
}

/// The last of several values, which API Gateway shows where there is room for one only.
pub(super) fn last<K: ToString>(values: &BTreeMap<K, Vec<String>>) -> Map<String, Value> {
    let last = |(name, values): (&K, &Vec<String>)| {
        let value = values.last().cloned().unwrap_or_default();
        (name.to_string(), value.into())
    };
    values.iter().map(last).collect()
}
