//! The events that API Gateway sends about the connections of a WebSocket API (proxy integration).

use crate::{ConnectionAddress, Settings};
use ::http::{HeaderName, HeaderValue, Request, request::Parts};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An event about a connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SocketPayload {
    /// About the connection.
    pub request_context: RequestContext,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    #[serde(default)]
    query_string_parameters: Option<BTreeMap<String, String>>,
    /// The message, as text.
    #[serde(default)]
    pub body: Option<String>,
    /// Whether the message was binary, and is in base64.
    #[serde(default)]
    pub is_base64_encoded: bool,
}

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SocketEventKind {
    /// Somebody wants a connection; it is open once this is answered with 2xx.
    Connect,
    /// A message.
    Message,
    /// The connection is gone.
    Disconnect,
}

/// API Gateway's `requestContext`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// The kind of the event.
    pub event_type: SocketEventKind,
    /// The connection's id.
    pub connection_id: String,
    api_id: String,
    domain_name: String,
    stage: String,
    /// When it happened, in Unix milliseconds.
    pub request_time_epoch: i64,
    /// The event's id.
    pub request_id: String,
    /// The message's id, where the event is one.
    #[serde(default)]
    pub message_id: Option<String>,
    /// The code of the close frame, where there was one.
    #[serde(default)]
    pub disconnect_status_code: Option<i64>,
}

impl SocketPayload {
    /// The head of the handshake's request, with what may authenticate it.
    pub(crate) fn handshake(&self) -> Parts {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.query_string_parameters.iter().flatten());
        let mut request = Request::builder().uri(format!("/v1/ws?{}", query.finish()));
        for (name, value) in self.headers.iter().flatten() {
            let name = HeaderName::try_from(name);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                request = request.header(name, value);
            }
        }
        // What is no header or no address says nothing.
        request.body(()).unwrap_or_default().into_parts().0
    }

    /// The connection's address.
    pub(crate) fn address(&self, settings: &Settings) -> ConnectionAddress {
        let RequestContext {
            connection_id,
            api_id,
            domain_name,
            stage,
            ..
        } = &self.request_context;
        let endpoint = match &settings.connections {
            Some(base) => {
                let base = base.trim_end_matches('/');
                format!("{base}/_aws/execute-api/{api_id}/{stage}")
            }
            None => format!("https://{domain_name}/{stage}"),
        };
        ConnectionAddress {
            connection: connection_id.clone(),
            endpoint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(context: serde_json::Value) -> serde_json::Value {
        let mut whole = json!({
            "eventType": "CONNECT", "connectionId": "c=", "apiId": "api", "stage": "dev",
            "domainName": "api.test", "requestTimeEpoch": 1_772_280_000_000_i64, "requestId": "r",
        });
        let context = context.as_object().unwrap().clone();
        whole.as_object_mut().unwrap().extend(context);
        json!({
            "requestContext": whole,
            "headers": {"Authorization": "Bearer k"},
            "queryStringParameters": {"api_key": "a+b &"},
        })
    }

    #[test]
    fn a_handshake_says_who_asks() {
        let payload: SocketPayload = serde_json::from_value(event(json!({}))).unwrap();
        let parts = payload.handshake();
        assert_eq!(parts.uri.query(), Some("api_key=a%2Bb+%26"));
        assert_eq!(parts.headers["authorization"], "Bearer k");
    }

    #[test]
    fn what_is_about_no_connection_is_none() {
        for other in [
            json!({"session": "sess_1"}),
            json!({"httpMethod": "GET", "requestContext": {"apiId": "api", "stage": "dev"}}),
        ] {
            assert!(serde_json::from_value::<SocketPayload>(other).is_err());
        }
        let gone = json!({"eventType": "DISCONNECT", "disconnectStatusCode": 1001});
        let gone: SocketPayload = serde_json::from_value(event(gone)).unwrap();
        assert_eq!(gone.request_context.event_type, SocketEventKind::Disconnect);
        assert_eq!(gone.request_context.disconnect_status_code, Some(1001));
    }

    #[test]
    fn a_connection_is_where_its_event_came_from_or_where_it_is_said() {
        let payload: SocketPayload = serde_json::from_value(event(json!({}))).unwrap();
        let endpoint = |local: Option<&str>| {
            let settings = Settings::new(|name| match name {
                "AWS_ENDPOINT_URL" => local.map(str::to_owned),
                name => Some(name.into()).filter(|_| !name.starts_with("AWS_ENDPOINT")),
            });
            payload.address(&settings.unwrap()).endpoint
        };
        assert_eq!(endpoint(None), "https://api.test/dev");
        let here = endpoint(Some("http://here/"));
        assert_eq!(here, "http://here/_aws/execute-api/api/dev");
    }
}
