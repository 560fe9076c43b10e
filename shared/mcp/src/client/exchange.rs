//! One message to a server, and what comes back.

use crate::{McpError, RpcError, message::start_of, protocol::SESSION_HEADER};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use openclaw_core::{ByteStream, Http, HttpRequest};
use openclaw_providers::sse::Parser;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// How much of an error's body is read, in bytes.
const MAX_ERROR: usize = 64 << 10;

/// A message on its way; `null` for none.
pub(super) struct Exchange {
    pub(super) http: Arc<dyn Http>,
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
    let (http, most) = (exchange.http.clone(), exchange.most);
    let response = http.send(exchange.request()?).await?;
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
    let kind = head.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let message = match kind.to_ascii_lowercase().starts_with("text/event-stream") {
        true => read_events(body, id, most).await?,
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

impl Exchange {
    fn request(self) -> Result<HttpRequest, McpError> {
        let body = match self.message {
            Value::Null => Bytes::new(),
            message => message.to_string().into(),
        };
        let mut request = http::Request::new(body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.url;
        *request.headers_mut() = self.headers;
        let headers = request.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, "application/json"),
            (header::ACCEPT, "application/json, text/event-stream"),
            // What is compressed could be much longer than it looks.
            (header::ACCEPT_ENCODING, "identity"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Ok(request)
    }
}

/// The answer among a stream's events. Notifications are of no use here; requests of the server have no
/// answer, because nothing was offered that it could ask for.
async fn read_events(mut body: ByteStream, id: u64, most: usize) -> Result<Message, McpError> {
    let (mut parser, mut length) = (Parser::default(), 0);
    loop {
        while let Some(event) = parser.next().map_err(McpError::protocol)? {
            if event.data.is_empty() {
                continue;
            }
            let message: Message =
                serde_json::from_slice(&event.data).map_err(McpError::protocol)?;
            let is_answer = message.method.is_none() && message.id == Some(id.into());
            if is_answer {
                return Ok(message);
            }
        }
        let Some(piece) = body.next().await.transpose()? else {
            return Err(McpError::protocol("its stream ended without the answer"));
        };
        length += piece.len();
        if length > most {
            return Err(McpError::TooLarge(most));
        }
        parser.push(piece);
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
