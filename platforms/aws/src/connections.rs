//! The connections of a WebSocket API (`@connections`), and a function's invocations of itself.

use crate::{
    Settings,
    http::whole,
    retry::Backoff,
    signed::{signed, text},
};
use ::http::{Method, Request, StatusCode};
use bytes::Bytes;
use openclaw_core::{Clock, Http, HttpError, StoreError};
use serde::{Deserialize, Serialize};
use std::{fmt::Write, sync::Arc, time::Duration};

/// How long one call may take.
const ATTEMPT: Duration = Duration::from_secs(5);

/// The most bytes that API Gateway takes as one message; it cuts it into frames by itself.
pub const MAX_MESSAGE: usize = 128 * 1024;

/// An open connection of a WebSocket API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ConnectionAddress {
    /// API Gateway's id of it.
    pub connection: String,
    /// Where it is reached, such as `https://ID.execute-api.REGION.amazonaws.com/STAGE`.
    pub endpoint: String,
}

/// Why a message did not get to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// The connection is gone.
    Gone,
    /// For 5 s API Gateway took no more: its buffer for a client that does not read is full, or the
    /// account's calls are too many.
    Full,
    /// It may have been delivered.
    Unknown(String),
}

/// Sends to connections, and invokes the function itself.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    settings: Settings,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
}

/// The outcome of one call.
enum Answer {
    Is(StatusCode),
    /// Nothing was sent.
    NotSent(String),
    Lost(String),
}

impl Connections {
    pub(crate) fn new(settings: Settings, http: Arc<dyn Http>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            settings,
            http,
            clock,
        }))
    }

    /// Hands a text message, of at most [`MAX_MESSAGE`] bytes, to the client. What was certainly not
    /// done is repeated for 5 s.
    pub async fn post(
        &self,
        address: &ConnectionAddress,
        message: Bytes,
    ) -> Result<(), Undelivered> {
        let inner = &*self.0;
        let mut backoff = Backoff::new(&*inner.clock);
        loop {
            let made = inner.to_connection(Method::POST, address, message.clone());
            let why = match inner.call("execute-api", made).await {
                Answer::Is(status) if status.is_success() => return Ok(()),
                Answer::Is(StatusCode::GONE) => return Err(Undelivered::Gone),
                Answer::Is(status @ StatusCode::TOO_MANY_REQUESTS) => status.to_string(),
                Answer::NotSent(why) => why,
                Answer::Is(status) => return Err(Undelivered::Unknown(status.to_string())),
                Answer::Lost(why) => return Err(Undelivered::Unknown(why)),
            };
            let paused = backoff.pause(why).await;
            paused.map_err(|_| Undelivered::Full)?;
        }
    }

    /// Closes a connection. One that is gone is closed.
    pub async fn close(&self, address: &ConnectionAddress) -> Result<(), StoreError> {
        let inner = &*self.0;
        let make = || inner.to_connection(Method::DELETE, address, Bytes::new());
        let done = |status: StatusCode| status.is_success() || status == StatusCode::GONE;
        inner.retry("execute-api", make, done).await
    }

    /// Has the function invoked with `event`, without waiting for it (`InvocationType` Event).
    pub async fn invoke(&self, event: &impl Serialize) -> Result<(), StoreError> {
        let inner = &*self.0;
        let body = serde_json::to_vec(event).map_err(|error| StoreError::Fault(text(error)))?;
        let body = Bytes::from(body);
        let make = || inner.to_itself(body.clone());
        inner
            .retry("lambda", make, |status| status.is_success())
            .await
    }
}

impl Inner {
    fn to_connection(
        &self,
        method: Method,
        address: &ConnectionAddress,
        body: Bytes,
    ) -> Result<Request<Bytes>, String> {
        let ConnectionAddress {
            connection,
            endpoint,
        } = address;
        let uri = format!("{endpoint}/@connections/{}", segment(connection));
        let request = Request::builder().method(method).uri(uri);
        request.body(body).map_err(text)
    }

    fn to_itself(&self, body: Bytes) -> Result<Request<Bytes>, String> {
        let function = self.settings.function.as_deref();
        let function = segment(function.ok_or("the function's name is not known")?);
        let base = self.settings.lambda.trim_end_matches('/');
        let uri = format!("{base}/2015-03-31/functions/{function}/invocations");
        let request = Request::post(uri).header("x-amz-invocation-type", "Event");
        request.body(body).map_err(text)
    }

    /// A call that may be made any number of times.
    async fn retry(
        &self,
        service: &str,
        make: impl Fn() -> Result<Request<Bytes>, String>,
        is_done: impl Fn(StatusCode) -> bool,
    ) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(&*self.clock);
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

    async fn call(&self, service: &str, request: Result<Request<Bytes>, String>) -> Answer {
        let request = request.and_then(|request| signed(&self.settings, service, request));
        let request = match request {
            Ok(request) => request,
            Err(why) => return Answer::Lost(why),
        };
        let answered = async {
            let answer = self.http.send(request).await?;
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
fn segment(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_core::Timestamp;
    use openclaw_testkit::{ManualClock, Reply, ScriptedHttp};

    fn address() -> ConnectionAddress {
        ConnectionAddress {
            connection: "a+b=".into(),
            endpoint: "https://api.test/dev".into(),
        }
    }

    fn connections() -> (Connections, Arc<ScriptedHttp>) {
        let variable = |name: &str| match name {
            "AWS_REGION" => Some("eu-central-1".into()),
            "AWS_LAMBDA_FUNCTION_NAME" => Some("realtime".into()),
            name if name.starts_with("AWS_ENDPOINT") => None,
            name => Some(name.to_lowercase()),
        };
        let http = Arc::new(ScriptedHttp::default());
        let clock = ManualClock::jumping(Timestamp::UNIX_EPOCH);
        let settings = Settings::new(variable).unwrap();
        let connections = Connections::new(settings, http.clone(), Arc::new(clock));
        (connections, http)
    }

    fn status(status: u16) -> Reply {
        Reply::json(StatusCode::from_u16(status).unwrap(), "")
    }

    #[tokio::test]
    async fn a_message_is_posted_signed_to_its_connection() {
        let (connections, http) = connections();
        http.reply(status(200));
        connections.post(&address(), "{}".into()).await.unwrap();
        let sent = http.take_requests().remove(0);
        let uri = sent.uri().to_string();
        assert_eq!(uri, "https://api.test/dev/@connections/a%2Bb%3D");
        let signature = sent.headers()["authorization"].to_str().unwrap();
        assert!(signature.contains("/eu-central-1/execute-api/aws4_request"));
        assert_eq!(sent.body(), "{}");
    }

    #[tokio::test]
    async fn what_was_not_taken_is_posted_again_and_what_may_have_been_is_not() {
        for (replies, expected) in [
            (vec![429, 200], Ok(())),
            (vec![410], Err(Undelivered::Gone)),
            (vec![429, 410], Err(Undelivered::Gone)),
        ] {
            let (connections, http) = connections();
            replies
                .into_iter()
                .for_each(|code| http.reply(status(code)));
            assert_eq!(connections.post(&address(), "{}".into()).await, expected);
        }
        let (connections, http) = connections();
        http.reply(status(500));
        let posted = connections.post(&address(), "{}".into()).await;
        assert!(matches!(posted, Err(Undelivered::Unknown(_))), "{posted:?}");
        assert_eq!(http.take_requests().len(), 1);
    }

    #[tokio::test]
    async fn who_takes_nothing_for_five_seconds_is_full() {
        let (connections, http) = connections();
        (0..1000).for_each(|_| http.reply(status(429)));
        let posted = connections.post(&address(), "{}".into()).await;
        assert_eq!(posted, Err(Undelivered::Full));
    }

    #[tokio::test]
    async fn the_function_is_invoked_without_waiting_and_again_where_that_failed() {
        let (connections, http) = connections();
        [500, 429, 202]
            .into_iter()
            .for_each(|code| http.reply(status(code)));
        let event = serde_json::json!({"session": "s"});
        connections.invoke(&event).await.unwrap();
        let sent = http.take_requests();
        assert_eq!(sent.len(), 3);
        assert_eq!(
            sent[2].uri().path(),
            "/2015-03-31/functions/realtime/invocations"
        );
        assert_eq!(sent[2].headers()["x-amz-invocation-type"], "Event");
        assert_eq!(sent[2].body(), r#"{"session":"s"}"#);
    }

    #[tokio::test]
    async fn a_connection_that_is_gone_is_closed() {
        let (connections, http) = connections();
        [410, 403]
            .into_iter()
            .for_each(|code| http.reply(status(code)));
        connections.close(&address()).await.unwrap();
        assert!(connections.close(&address()).await.is_err());
    }
}
