//! Signed calls of AWS's services, repeated where that is right.

use crate::{
    Settings,
    http::whole,
    retry::Backoff,
    signed::{signed, text},
};
use ::http::{Request, StatusCode};
use bytes::Bytes;
use openclaw_core::{Clock, Http, HttpError, StoreError};
use serde::Serialize;
use std::{fmt::Write, sync::Arc, time::Duration};

/// How long one call may take.
const ATTEMPT: Duration = Duration::from_secs(5);

/// Calls with the function's own rights.
#[derive(Clone)]
pub(crate) struct Calls(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
}

/// The outcome of one call.
pub(crate) enum Answer {
    Is(StatusCode),
    /// Nothing was sent.
    NotSent(String),
    Lost(String),
}

impl Calls {
    pub(crate) fn new(settings: Settings, http: Arc<dyn Http>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            settings,
            http,
            clock,
        }))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// The name of this function.
    pub(crate) fn own_name(&self) -> Result<&str, StoreError> {
        let name = self.0.settings.function.as_deref();
        name.ok_or_else(|| StoreError::Fault("the function's name is not known".into()))
    }

    /// Has `function` invoked with `event`, without waiting for it (`InvocationType` Event).
    pub(crate) async fn invoke(
        &self,
        function: &str,
        event: &impl Serialize,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_vec(event).map_err(|error| StoreError::Fault(text(error)))?;
        let body = Bytes::from(body);
        let base = self.0.settings.lambda.trim_end_matches('/');
        let uri = format!(
            "{base}/2015-03-31/functions/{}/invocations",
            segment(function)
        );
        let make = || {
            let request = Request::post(&uri).header("x-amz-invocation-type", "Event");
            request.body(body.clone()).map_err(text)
        };
        self.retry("lambda", make, |status| status.is_success())
            .await
    }

    /// A call that may be made any number of times. What is not done for 5 s is an error.
    pub(crate) async fn retry(
        &self,
        service: &str,
        make: impl Fn() -> Result<Request<Bytes>, String>,
        is_done: impl Fn(StatusCode) -> bool,
    ) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(self.clock());
        loop {
            let why = match self.call(service, make()).await {
                Answer::Is(status) if is_done(status) => return Ok(()),
                Answer::Is(status)
                    if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS =>
                {
                    return Err(StoreError::Fault(format!("{service}: {status}")));
                }
                Answer::Is(status) => status.to_string(),
                Answer::NotSent(why) | Answer::Lost(why) => why,
            };
            backoff.pause(format!("{service}: {why}")).await?;
        }
    }

    /// One call.
    pub(crate) async fn call(
        &self,
        service: &str,
        request: Result<Request<Bytes>, String>,
    ) -> Answer {
        let request = request.and_then(|request| signed(&self.0.settings, service, request));
        let request = match request {
            Ok(request) => request,
            Err(why) => return Answer::Lost(why),
        };
        let answered = async {
            let answer = self.0.http.send(request).await?;
            let status = answer.status();
            // Read to its end the connection can be used again.
            whole(answer.into_body()).await?;
            Ok(status)
        };
        match tokio::time::timeout(ATTEMPT, answered).await {
            Ok(Ok(status)) => Answer::Is(status),
            Ok(Err(HttpError::Connect(why) | HttpError::Special(why))) => Answer::NotSent(why),
            Ok(Err(HttpError::Broken(why))) => Answer::Lost(why),
            Err(_) => Answer::Lost("no answer within 5 s".into()),
        }
    }
}

/// `text` as a segment of a path: ids of connections end with `=`.
pub(crate) fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                segment.push(byte.into());
            }
            // Writing to a text does not fail.
            _ => drop(write!(segment, "%{byte:02X}")),
        }
    }
    segment
}
