//! What is done outside: models, skills, requests.

use crate::{
    advance::Caller,
    definition::StepError,
    engine::{Task, Work},
    record::RunRecord,
};
use futures_util::future::{Either, select};
use http::{HeaderValue, Method};
use openclaw_core::{Clock, Code, Error, Http, HttpRequest, Result};
use openclaw_egress::{Bounds, Egress, EgressError};
use openclaw_skills::{
    CallerChat,
    request::{one_line, visible_answer},
};
use serde::Deserialize;
use serde_json::Value;
use std::{pin::pin, sync::Arc};

/// Bytes of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// Makes attempts of steps.
#[derive(Clone)]
pub(crate) struct Performer {
    pub(crate) egress: Egress,
    /// Leads to the gateway's own endpoints of chats and skills.
    pub(crate) gateway: Arc<dyn Http>,
    pub(crate) caller: Arc<dyn Caller>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Performer {
    /// One attempt. Dropping the future cancels whatever it does.
    pub(crate) async fn attempt(
        self,
        account: String,
        run: RunRecord,
        task: Task,
    ) -> (String, Result<Value, StepError>) {
        let Task {
            path,
            work,
            time,
            failures,
        } = task;
        let sleep = self.clock.sleep(time);
        let made = {
            let name = format!("{}:{path}", run.id);
            let attempt = pin!(self.perform(&account, &run, (name, failures), work, time));
            match select(attempt, sleep).await {
                Either::Left((made, _)) => made,
                Either::Right(_) => {
                    let message = format!("The step took longer than {} s", time.as_secs());
                    Err(StepError::new("timeout", message).temporary())
                }
            }
        };
        (path, made)
    }

    async fn perform(
        &self,
        account: &str,
        run: &RunRecord,
        (name, failures): (String, u32),
        work: Work,
        time: std::time::Duration,
    ) -> Result<Value, StepError> {
        let token = self.caller.token(account, run).await;
        let token = token.map_err(|error| self.of(&refused(error)))?;
        // An attempt that was cut off is made again under its key. One that failed was answered: under the same
        // key, that answer would come again.
        let key = match failures {
            0 => name.clone(),
            failures => format!("{name}:{failures}"),
        };
        let gateway = CallerChat::new(self.gateway.clone(), token).once(&key);
        match work {
            Work::Chat { body, is_json } => {
                let body = body.to_string().into();
                let answer = gateway.post("/chat/completions", body).await;
                completion(&answer.map_err(|error| self.of(&error))?, is_json)
            }
            Work::Skill { skill, body } => {
                let path = format!("/skills/{skill}/execute");
                let answer = gateway.post(&path, body.to_string().into()).await;
                let answer = answer.map_err(|error| self.of(&error))?;
                let answer: Value = serde_json::from_slice(&answer).map_err(unreadable)?;
                Ok(answer["result"].clone())
            }
            Work::Http(request) => self.send(request, &name, time).await,
        }
    }

    /// The request has the same `Idempotency-Key` at each attempt, unless the step gives one of its own.
    async fn send(
        &self,
        mut request: HttpRequest,
        key: &str,
        time: std::time::Duration,
    ) -> Result<Value, StepError> {
        if !matches!(*request.method(), Method::GET | Method::HEAD)
            && let Ok(key) = HeaderValue::from_str(key)
        {
            request
                .headers_mut()
                .entry("idempotency-key")
                .or_insert(key);
        }
        let bounds = Bounds {
            time,
            body: MAX_ANSWER,
            redirects: MAX_REDIRECTS,
        };
        let answer = self.egress.fetch(request, &bounds).await;
        let answer = answer.map_err(|error| unanswered(&error))?;
        let status = answer.status();
        if !status.is_success() {
            let said = one_line(&String::from_utf8_lossy(answer.body()));
            let message = format!("The answer is {}: {said}", status.as_u16());
            let error = StepError::new("provider_error", message.trim_end_matches([':', ' ']));
            let is_temporary =
                status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
            return Err(match is_temporary {
                true => error.temporary(),
                false => error,
            });
        }
        visible_answer(&answer).ok_or_else(|| {
            StepError::new(
                "provider_error",
                "The answer says that it is JSON, and is none",
            )
        })
    }

    fn of(&self, error: &Error) -> StepError {
        StepError::of(error, self.clock.now())
    }
}

/// Whoever started the run may no longer call.
fn refused(error: Error) -> Error {
    match error.code {
        Code::Unauthorized => {
            let message = "The key that started the run may no longer be used";
            Error::new(Code::Forbidden, message)
        }
        _ => error,
    }
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

fn completion(answer: &[u8], is_json: bool) -> Result<Value, StepError> {
    let answer: Completion = serde_json::from_slice(answer).map_err(unreadable)?;
    let first = answer.choices.into_iter().next();
    let text = first.and_then(|choice| choice.message.content);
    let text = text.unwrap_or_default();
    if !is_json {
        return Ok(Value::String(text));
    }
    serde_json::from_str(&text).map_err(|_| {
        let message = "The model's answer is not the JSON that was asked for";
        StepError::new("provider_error", message).temporary()
    })
}

fn unreadable(_: serde_json::Error) -> StepError {
    StepError::new("internal_error", "The answer cannot be read").temporary()
}

fn unanswered(error: &EgressError) -> StepError {
    let (code, is_temporary) = match error {
        EgressError::Refused(_) | EgressError::Special(_) => ("invalid_request", false),
        EgressError::Timeout(_) => ("timeout", true),
        EgressError::TooLarge(_) => ("payload_too_large", false),
        _ => ("provider_error", true),
    };
    let error = StepError::new(code, format!("The request: {error}"));
    match is_temporary {
        true => error.temporary(),
        false => error,
    }
}
