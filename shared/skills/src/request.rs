//! A request that a tenant writes as a template, and an answer as templates see it.

use crate::template::{Renderer, Scope};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use openclaw_core::{Fault, HttpRequest};
use openclaw_egress::{Policy, Refused};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::BTreeMap};
use url::Url;

/// `{"method", "url", "query", "headers", "body"}`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RequestTemplate {
    /// `GET` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A template, whose expressions are percent-encoded.
    pub url: String,
    /// Templates by name; a list repeats the name, `null` leaves it out.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub query: Map<String, Value>,
    /// Templates by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A template: text is sent as it is, anything else as JSON.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub body: Value,
}

/// Why there is no request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFault {
    /// The URL may not be asked.
    Url(Refused),
    /// A template cannot be rendered; its field is the path within the request.
    Template(Fault),
}

impl RequestTemplate {
    /// The request, to a URL that `policy` allows.
    pub fn build(
        &self,
        renderer: &mut Renderer,
        scope: &Scope,
        policy: &Policy,
    ) -> Result<HttpRequest, RequestFault> {
        let url = self.url(renderer, scope, policy)?;
        let method = self.method.as_deref().unwrap_or("GET");
        let method = Method::from_bytes(method.as_bytes());
        let method = method.map_err(|_| fault("method", "is none of HTTP's"))?;
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        let uri = url.as_str().parse();
        *request.uri_mut() = uri.map_err(|_| fault("url", "gives what is no URL"))?;
        let headers = request.headers_mut();
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("application/json, */*"),
        );
        let body = renderer.value(&self.body, scope);
        let body = body.map_err(|problem| fault("body", problem.issue))?;
        match body {
            Value::Null => {}
            Value::String(text) => {
                let kind = HeaderValue::from_static("text/plain; charset=utf-8");
                headers.insert(header::CONTENT_TYPE, kind);
                *request.body_mut() = text.into();
            }
            json => {
                let kind = HeaderValue::from_static("application/json");
                headers.insert(header::CONTENT_TYPE, kind);
                *request.body_mut() = json.to_string().into();
            }
        }
        for (name, value) in &self.headers {
            let path = format!("headers.{name}");
            let text = renderer.text(value, scope);
            let text = text.map_err(|problem| fault(&path, problem))?;
            let name = HeaderName::from_bytes(name.as_bytes());
            let name = name.map_err(|_| fault(&path, "is no header's name"))?;
            let value = HeaderValue::from_str(&text);
            let value = value.map_err(|_| fault(&path, "gives what no header may be"))?;
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }

    fn url(
        &self,
        renderer: &mut Renderer,
        scope: &Scope,
        policy: &Policy,
    ) -> Result<Url, RequestFault> {
        let url = renderer.url(&self.url, scope);
        let url = url.map_err(|problem| fault("url", problem))?;
        let mut url = policy.check(&url).map_err(RequestFault::Url)?.url;
        for (name, value) in &self.query {
            let value = renderer.value(value, scope);
            let value = value.map_err(|problem| fault(&format!("query.{name}"), problem.issue))?;
            let values = match value {
                Value::Array(values) => values,
                value => vec![value],
            };
            for value in values.iter().filter(|value| !value.is_null()) {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string().into(), Cow::from);
                url.query_pairs_mut().append_pair(name, &text);
            }
        }
        Ok(url)
    }
}

fn fault(path: &str, issue: impl Into<String>) -> RequestFault {
    RequestFault::Template(Fault::new(path, issue))
}

/// An answer as templates see it: `{status, headers, body}`. Its body is what JSON says, else text; `None`
/// where it is said to be JSON and is none.
pub fn visible_answer(answer: &Response<Bytes>) -> Option<Value> {
    let headers = answer.headers().iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), Value::from(value)))
    });
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let says_json = kind
        .split(';')
        .next()
        .is_some_and(|kind| kind.trim().ends_with("json"));
    let body = match serde_json::from_slice(answer.body()) {
        Ok(body) => body,
        Err(_) if says_json && answer.status().is_success() && !answer.body().is_empty() => {
            return None;
        }
        Err(_) => Value::from(String::from_utf8_lossy(answer.body())),
    };
    Some(json!({
        "status": answer.status().as_u16(),
        "headers": Map::from_iter(headers),
        "body": body,
    }))
}

/// Characters of what the other side said that an error repeats.
const MAX_SAID: usize = 500;

/// What the other side said, for an error: control characters have no place in one, and long pages neither.
pub fn one_line(said: &str) -> String {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = said
        .chars()
        .filter(|char| !char.is_control())
        .take(MAX_SAID);
    short.collect()
}
