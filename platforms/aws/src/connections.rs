//! The connections of a WebSocket API (`@connections`), and a function's invocations of itself.

use crate::{
    SelfInvocation,
    calls::{Answer, Calls, segment},
    retry::Backoff,
    schedules::Schedules,
    signed::text,
};
use ::http::{Method, Request, StatusCode};
use bytes::Bytes;
use openclaw_core::{StoreError, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
pub struct Connections {
    calls: Calls,
    /// `None` where the deployment has none.
    schedules: Option<Arc<Schedules>>,
}

impl Connections {
    pub(crate) fn new(calls: Calls, schedules: Option<Schedules>) -> Self {
        let schedules = schedules.map(Arc::new);
        Self { calls, schedules }
    }

    /// Hands a text message, of at most [`MAX_MESSAGE`] bytes, to the client. What was certainly not
    /// done is repeated for 5 s.
    pub async fn post(
        &self,
        address: &ConnectionAddress,
        message: Bytes,
    ) -> Result<(), Undelivered> {
        let mut backoff = Backoff::new(self.calls.clock());
        loop {
            let made = to_connection(Method::POST, address, message.clone());
            let why = match self.calls.call("execute-api", made).await {
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
        let make = || to_connection(Method::DELETE, address, Bytes::new());
        let done = |status: StatusCode| status.is_success() || status == StatusCode::GONE;
        self.calls.retry("execute-api", make, done).await
    }

    /// Has the function invoked with `event`, without waiting for it.
    pub async fn invoke(&self, event: &impl Serialize) -> Result<(), StoreError> {
        self.calls.invoke(self.calls.own_name()?, event).await
    }

    /// Has the function, whose ARN is `function`, invoked to work on a session at `at`, a minute later at most.
    /// Nothing runs until then.
    pub async fn invoke_at(
        &self,
        function: &str,
        work: &SelfInvocation,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(schedules) = &self.schedules else {
            return Err(StoreError::Fault("there are no schedules".into()));
        };
        let made = schedules.create(&self.calls, function, &work.session, work, at);
        made.await
    }
}

fn to_connection(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
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
        let schedules = Schedules::find(|name| Some(name.to_lowercase()));
        let calls = Calls::new(settings, http.clone(), Arc::new(clock));
        let connections = Connections::new(calls, schedules);
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
    async fn the_function_is_invoked_later_by_a_schedule() {
        let (connections, http) = connections();
        // One that is there already will do.
        for code in [500, 409] {
            http.reply(status(code));
        }
        let work = SelfInvocation {
            session: "sess_1".into(),
        };
        let at = "2026-03-01T12:00:00.001Z".parse().unwrap();
        let function = "arn:aws:lambda:eu-central-1:1:function:realtime";
        connections.invoke_at(function, &work, at).await.unwrap();
        let sent = http.take_requests();
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[1].uri().path(), "/schedules/sess_1");
        let schedule: serde_json::Value = serde_json::from_slice(sent[1].body()).unwrap();
        assert_eq!(schedule["ScheduleExpression"], "at(2026-03-01T12:00:01)");
        assert_eq!(schedule["GroupName"], "openclaw_schedule_group");
        assert_eq!(schedule["Target"]["Arn"], function);
        assert_eq!(schedule["Target"]["Input"], r#"{"session":"sess_1"}"#);
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
