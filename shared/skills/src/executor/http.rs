//! A chain of requests, and what is made of their answers.

use super::{Call, Executor};
use crate::template::{Renderer, Scope};
use ::http::{HeaderName, HeaderValue, Method, Request, Response, header};
use bytes::Bytes;
use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Code, Error, HttpRequest, Result};
use openclaw_egress::{Bounds, EgressError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::BTreeMap};
use url::Url;

/// Bytes of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// Characters of what the other side said that an error repeats.
const MAX_SAID: usize = 500;

/// `{"type": "http", …}`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "HttpExecutor")
)]
pub struct Http {
    /// The requests, one after the other; each sees the answers before it.
    pub steps: Vec<Step>,
    /// What is made of the answers; the body of the last one where it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

/// One request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "HttpStep")
)]
pub struct Step {
    /// Its name for later steps; `step_1` and so on by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// `GET` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
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
    /// What of the answers is an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorRule>,
}

/// An answer that is an error.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "HttpErrorRule")
)]
pub struct ErrorRule {
    /// A template: where its value is true.
    pub when: String,
    #[serde(default)]
    code: ErrorCode,
    /// A template.
    pub message: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SkillErrorCode")
)]
#[serde(rename_all = "snake_case")]
enum ErrorCode {
    InvalidRequest,
    NotFound,
    #[default]
    SkillFailed,
}

impl Step {
    /// Its name, or `step_1` and so on.
    pub fn id(&self, at: usize) -> Cow<'_, str> {
        match &self.id {
            Some(id) => id.into(),
            None => format!("step_{}", at + 1).into(),
        }
    }
}

impl Executor for Http {
    fn execute<'a>(&'a self, call: &'a Call<'a>) -> BoxFuture<'a, Result<Value>> {
        Chain {
            call,
            scope: Scope::new(),
            renderer: Renderer::default(),
        }
        .run(self)
        .boxed()
    }
}

struct Chain<'a> {
    call: &'a Call<'a>,
    scope: Scope,
    renderer: Renderer,
}

impl Chain<'_> {
    async fn run(mut self, http: &Http) -> Result<Value> {
        self.scope.set("parameters", self.call.parameters);
        self.scope.set("steps", &json!({}));
        let mut last = Value::Null;
        for (n, step) in http.steps.iter().enumerate() {
            let path = format!("steps[{n}]");
            self.scope.set("secrets", &self.call.secrets.to_json());
            let request = self.request(step, &path)?;
            // From here on nothing is sent, and what is made may be shown.
            self.scope.set("secrets", &json!({}));
            let bounds = Bounds {
                time: self.call.time,
                body: MAX_ANSWER,
                redirects: MAX_REDIRECTS,
            };
            let answer = self.call.egress.fetch(request, &bounds).await;
            let answer = answer.map_err(|error| unanswered(error, &path))?;
            let seen = seen(&answer, &path)?;
            self.scope.set_in("steps", &step.id(n), &seen);
            self.ensure_no_error(step, &path, &answer)?;
            last = seen["body"].clone();
        }
        match &http.result {
            None => Ok(last),
            Some(result) => {
                let value = self.renderer.value(result, &self.scope);
                value.map_err(|fault| {
                    let path = match fault.field.as_str() {
                        "" => "result".to_owned(),
                        within => format!("result.{within}"),
                    };
                    template_failed(&path, &fault.issue)
                })
            }
        }
    }

    fn request(&mut self, step: &Step, path: &str) -> Result<HttpRequest> {
        let url = self.url(step, path)?;
        let method = step.method.as_deref().unwrap_or("GET");
        let method = Method::from_bytes(method.as_bytes()).map_err(Error::internal)?;
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = url
            .as_str()
            .parse()
            .map_err(|_| template_failed(&format!("{path}.url"), "gives what is no URL"))?;
        let headers = request.headers_mut();
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("application/json, */*"),
        );
        let body = self.renderer.value(&step.body, &self.scope);
        let body = body.map_err(|fault| template_failed(&format!("{path}.body"), &fault.issue))?;
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
        for (name, value) in &step.headers {
            let path = format!("{path}.headers.{name}");
            let text = self.renderer.text(value, &self.scope);
            let text = text.map_err(|problem| template_failed(&path, &problem))?;
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Error::internal)?;
            let value = HeaderValue::from_str(&text);
            let value = value.map_err(|_| template_failed(&path, "gives what no header may be"))?;
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }

    fn url(&mut self, step: &Step, path: &str) -> Result<Url> {
        let path = format!("{path}.url");
        let url = self.renderer.url(&step.url, &self.scope);
        let url = url.map_err(|problem| template_failed(&path, &problem))?;
        let checked = self.call.egress.policy().check(&url);
        let mut url = checked
            .map_err(|refused| {
                let message = format!("The skill's {path} {refused}");
                Error::new(Code::SkillFailed, message)
            })?
            .url;
        for (name, value) in &step.query {
            let path = format!("{path}.query.{name}");
            let value = self.renderer.value(value, &self.scope);
            let value = value.map_err(|fault| template_failed(&path, &fault.issue))?;
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

    fn ensure_no_error(&mut self, step: &Step, path: &str, answer: &Response<Bytes>) -> Result<()> {
        for (n, rule) in step.errors.iter().enumerate() {
            let failed =
                |problem: String| template_failed(&format!("{path}.errors[{n}]"), &problem);
            if self
                .renderer
                .is_true(&rule.when, &self.scope)
                .map_err(failed)?
            {
                let message = self.renderer.text(&rule.message, &self.scope);
                let message = one_line(&message.map_err(failed)?);
                return Err(match rule.code {
                    ErrorCode::InvalidRequest => Error::new(Code::InvalidRequest, message),
                    ErrorCode::NotFound => Error::new(Code::NotFound, message),
                    ErrorCode::SkillFailed => Error::new(Code::SkillFailed, message),
                });
            }
        }
        let status = answer.status();
        if status.is_client_error() || status.is_server_error() || status.is_redirection() {
            let said = one_line(&String::from_utf8_lossy(answer.body()));
            let status = status.as_u16();
            let message = match said.is_empty() {
                true => format!("What the skill called answered {status}"),
                false => format!("What the skill called answered {status}: {said}"),
            };
            return Err(Error::new(Code::SkillFailed, message));
        }
        Ok(())
    }
}

/// An answer as templates see it. Its body is what JSON says, else text; what is said to be JSON must be.
fn seen(answer: &Response<Bytes>, path: &str) -> Result<Value> {
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
            let message = format!("What the skill called at {path} answered what is no JSON");
            return Err(Error::new(Code::SkillFailed, message));
        }
        Err(_) => Value::from(String::from_utf8_lossy(answer.body())),
    };
    Ok(json!({
        "status": answer.status().as_u16(),
        "headers": Map::from_iter(headers),
        "body": body,
    }))
}

/// Control characters have no place in an error, and long pages neither.
pub(super) fn one_line(said: &str) -> String {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = said
        .chars()
        .filter(|char| !char.is_control())
        .take(MAX_SAID);
    short.collect()
}

fn unanswered(error: EgressError, path: &str) -> Error {
    let code = match error {
        EgressError::Timeout(_) => Code::SkillTimeout,
        EgressError::TooLarge(_) => Code::PayloadTooLarge,
        _ => Code::SkillFailed,
    };
    let message = format!("What the skill called at {path}: {error}");
    let cause = match &error {
        EgressError::Connect(cause) | EgressError::Broken(cause) | EgressError::Special(cause) => {
            Some(cause.clone())
        }
        _ => None,
    };
    let mut shown = Error::new(code, message);
    shown.cause = cause;
    shown
}

/// A template that could not be rendered.
pub(super) fn template_failed(path: &str, problem: &str) -> Error {
    Error::new(
        Code::SkillFailed,
        format!("The skill's template {path} {problem}"),
    )
}
