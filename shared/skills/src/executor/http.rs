//! A chain of requests, and what is made of their answers.

use super::{Call, Executor};
use crate::{
    request::{RequestFault, RequestTemplate, one_line, visible_answer},
    template::{Renderer, Scope},
};
use ::http::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Code, Error, Fault, HttpRequest, Result};
use openclaw_egress::{Bounds, EgressError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Bytes of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 3;

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
    /// The request itself.
    #[serde(flatten)]
    pub request: RequestTemplate,
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
        let policy = self.call.egress.policy();
        let request = step.request.build(&mut self.renderer, &self.scope, policy);
        request.map_err(|fault| match fault {
            RequestFault::Url(refused) => {
                let message = format!("The skill's {path}.url {refused}");
                Error::new(Code::SkillFailed, message)
            }
            RequestFault::Template(Fault { field, issue }) => {
                template_failed(&format!("{path}.{field}"), &issue)
            }
        })
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

fn seen(answer: &Response<Bytes>, path: &str) -> Result<Value> {
    visible_answer(answer).ok_or_else(|| {
        let message = format!("What the skill called at {path} answered what is no JSON");
        Error::new(Code::SkillFailed, message)
    })
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
