//! One message to a server, and what comes back.

use crate::{
    McpError, RpcError,
    message::start_of,
    protocol::{METHOD_NOT_FOUND, SESSION_HEADER},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use openclaw_core::{ByteStream, Clock, Http, HttpError, HttpRequest, HttpResponse};
use openclaw_providers::sse::Parser;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// How much of an error's body is read, in bytes.
const MAX_ERROR: usize = 64 << 10;

/// How often a stream that ended without the answer is asked for again.
const MAX_RESUMED: usize = 20;

/// The pause before that, where the server named none.
const RESUMED_AFTER: Duration = Duration::from_secs(1);

/// The most requests of a server that are answered while one of ours runs.
const MAX_REPLIES: usize = 100;

/// The last event that was seen, for a stream that goes on after it.
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// A message on its way; `null` for none.
pub(super) struct Exchange {
    pub(super) http: Arc<dyn Http>,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether it belongs to a session: there a server may ask, and a stream may go on.
    pub(super) in_session: bool,
    pub(super) method: Method,
    pub(super) url: Uri,
    pub(super) headers: HeaderMap,
    pub(super) message: Value,
    /// Bytes of the answer.
    pub(super) most: usize,
}

/// An answer that is a result.
#[derive(Debug)]
pub(super) struct Answer {
    /// An object.
    pub(super) result: Value,
    /// The session that begins with it.
    pub(super) session: Option<HeaderValue>,
}

/// A message of the server, as far as answers go.
#[derive(Deserialize)]
struct Message {
    id: Option<Value>,
    method: Option<String>,
    result: Option<Value>,
    error: Option<RpcError>,
}

/// Sends it. With an `id` the answer to that is waited for; without, a status of 2xx is all there is.
pub(super) async fn send(exchange: Exchange, id: Option<u64>) -> Result<Answer, McpError> {
    let most = exchange.most;
    let response = exchange.send().await?;
    let (head, body) = response.into_parts();
    let status = head.status.as_u16();
    if !head.status.is_success() {
        let body = read_all(body, MAX_ERROR).await.unwrap_or_default();
        return Err(failure(status, &body));
    }
    let session = head.headers.get(SESSION_HEADER).cloned();
    let Some(id) = id else {
        let result = Value::Null;
        return Ok(Answer { result, session });
    };
    let message = match is_events(&head.headers) {
        true => exchange.read_events(body, id).await?,
        false => {
            let body = read_all(body, most).await?;
            serde_json::from_slice(&body).map_err(McpError::protocol)?
        }
    };
    match message {
        Message {
            error: Some(error), ..
        } => Err(McpError::Refused { status, error }),
        Message {
            result: Some(result @ Value::Object(_)),
            ..
        } => Ok(Answer { result, session }),
        _ => Err(McpError::protocol("it is no answer of JSON-RPC")),
    }
}

fn is_events(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.to_ascii_lowercase().starts_with("text/event-stream")
}

impl Exchange {
    async fn send(&self) -> Result<HttpResponse, HttpError> {
        let body = match &self.message {
            Value::Null => Bytes::new(),
            message => message.to_string().into(),
        };
        let mut request = HttpRequest::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.url.clone();
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, "application/json"),
            (header::ACCEPT, "application/json, text/event-stream"),
            // What is compressed could be much longer than it looks.
            (header::ACCEPT_ENCODING, "identity"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        self.http.send(request).await
    }

    /// The answer among a stream's events. Notifications are of no use here. In a session the server may
    /// end the stream and go on with it when it is asked for again.
    async fn read_events(&self, mut body: ByteStream, id: u64) -> Result<Message, McpError> {
        let (mut parser, mut length) = (Parser::default(), 0);
        let (mut last, mut resumed, mut replies) = (Bytes::new(), 0, 0);
        loop {
            while let Some(event) = parser.next().map_err(McpError::protocol)? {
                if !event.id.is_empty() {
                    last = event.id;
                }
                if event.data.is_empty() {
                    continue;
                }
                let message: Message =
                    serde_json::from_slice(&event.data).map_err(McpError::protocol)?;
                match (&message.method, &message.id) {
                    (None, Some(answered)) if *answered == id => return Ok(message),
                    (Some(method), Some(asked)) if self.in_session && replies < MAX_REPLIES => {
                        replies += 1;
                        self.reply(asked, method).await;
                    }
                    _ => {}
                }
            }
            let error = match body.next().await {
                Some(Ok(piece)) => {
                    length += piece.len();
                    if length > self.most {
                        return Err(McpError::TooLarge(self.most));
                    }
                    parser.push(piece);
                    continue;
                }
                Some(Err(error)) => error.into(),
                None => McpError::protocol("its stream ended without the answer"),
            };
            if !self.in_session || last.is_empty() || resumed == MAX_RESUMED {
                return Err(error);
            }
            resumed += 1;
            let pause = parser.retry().unwrap_or(RESUMED_AFTER);
            self.clock.sleep(pause).await;
            body = self.resume(&last).await?.ok_or(error)?;
            parser = Parser::default();
        }
    }

    /// Answers a request of the server: it may ask whether we are still there. Nothing was offered that
    /// it could ask for.
    async fn reply(&self, id: &Value, method: &str) {
        let message = match method {
            "ping" => json!({"jsonrpc": "2.0", "id": id, "result": {}}),
            _ => {
                let error = json!({"code": METHOD_NOT_FOUND, "message": "Method not found"});
                json!({"jsonrpc": "2.0", "id": id, "error": error})
            }
        };
        let reply = self.another(Method::POST, message);
        if let Err(error) = reply.send().await {
            tracing::debug!(%error, "an MCP server's request was not answered");
        }
    }

    /// The stream from after the event `last` on; `None` where the server has none.
    async fn resume(&self, last: &[u8]) -> Result<Option<ByteStream>, McpError> {
        let mut stream = self.another(Method::GET, Value::Null);
        let last = HeaderValue::from_bytes(last).map_err(McpError::protocol)?;
        stream.headers.insert(LAST_EVENT, last);
        let (head, body) = stream.send().await?.into_parts();
        let goes_on = head.status == StatusCode::OK && is_events(&head.headers);
        Ok(goes_on.then_some(body))
    }

    /// Another message to the same server.
    fn another(&self, method: Method, message: Value) -> Self {
        Self {
            http: self.http.clone(),
            clock: self.clock.clone(),
            in_session: self.in_session,
            method,
            url: self.url.clone(),
            headers: self.headers.clone(),
            message,
            most: self.most,
        }
    }
}

async fn read_all(mut body: ByteStream, most: usize) -> Result<Bytes, McpError> {
    let mut all = BytesMut::new();
    while let Some(piece) = body.next().await.transpose()? {
        all.extend_from_slice(&piece);
        if all.len() > most {
            return Err(McpError::TooLarge(most));
        }
    }
    Ok(all.freeze())
}

fn failure(status: u16, body: &[u8]) -> McpError {
    match serde_json::from_slice(body) {
        Ok(Message {
            error: Some(error), ..
        }) => McpError::Refused { status, error },
        _ => McpError::Status {
            status,
            text: start_of(&String::from_utf8_lossy(body)),
        },
    }
}
