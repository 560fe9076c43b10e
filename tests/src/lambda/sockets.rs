//! A WebSocket API: it makes events of connections and their messages, and lets functions write to them (`@connections`).

use super::{
    copies::Fleet,
    event::{headers, last, queries},
    front::{Body, buffered, full, own},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use hyper::{
    body::Incoming,
    upgrade::{OnUpgrade, Upgraded},
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    io::AsyncWriteExt,
    sync::mpsc::{self, error::TrySendError},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

/// The function of the WebSocket API.
const FUNCTION: &str = "realtime";
/// Bytes of a client's frame, and of a message in either direction.
const FRAME: usize = 32 * 1024;
pub(super) const MESSAGE: usize = 128 * 1024;
/// Messages that may wait for a client; it is not documented how many.
const WAITING: usize = 32;
/// How long a client may take to close, too.
const TIME_TO_CLOSE: Duration = Duration::from_secs(5);

/// All open connections.
pub(super) struct Sockets {
    fleet: Arc<Fleet>,
    open: Mutex<HashMap<String, mpsc::Sender<Message>>>,
    numbers: AtomicU64,
}

/// A connection, as its events tell of it.
#[derive(Clone)]
struct Connection {
    id: String,
    since: u64,
    domain: String,
}

/// Whether it is a request for a connection.
pub(super) fn is_handshake(request: &Request<Incoming>) -> bool {
    let upgrade = request.headers().get(header::UPGRADE);
    let path = request.uri().path();
    let path = path.strip_prefix("/api").unwrap_or(path);
    path == "/v1/ws" && upgrade.is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

impl Sockets {
    pub(super) fn new(fleet: Arc<Fleet>) -> Arc<Self> {
        Arc::new(Self {
            fleet,
            open: Mutex::default(),
            numbers: AtomicU64::new(0),
        })
    }

    /// Asks the function whether a connection may be, and opens it.
    pub(super) async fn connect(self: Arc<Self>, mut request: Request<Incoming>) -> Response<Body> {
        let upgrade = hyper::upgrade::on(&mut request);
        let (parts, _) = request.into_parts();
        let connection = self.connection(&parts.headers);
        let Some(key) = parts.headers.get(header::SEC_WEBSOCKET_KEY) else {
            return own(StatusCode::BAD_REQUEST, "Bad Request");
        };
        let accept = derive_accept_key(key.as_bytes());
        match self.ask(&connection, &parts).await {
            // API Gateway hands on the status alone, and not the function's own words.
            Some(status) if !status.is_success() => own(status, "Forbidden"),
            None => own(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"),
            Some(_) => {
                let (sender, posts) = mpsc::channel(WAITING);
                self.lock().insert(connection.id.clone(), sender);
                tokio::spawn(self.run(connection, upgrade, posts));
                switching(&accept)
            }
        }
    }

    fn connection(&self, headers: &HeaderMap) -> Connection {
        let host = headers.get(header::HOST);
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + now();
        Connection {
            // 11 or 12 bytes in base64 that end with an `=`, as the platform's.
            id: BASE64_STANDARD.encode(number.to_be_bytes()),
            since: now(),
            domain: host.to_owned(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, mpsc::Sender<Message>>> {
        self.open.lock().unwrap()
    }

    /// The status of the function's answer to `$connect`.
    async fn ask(&self, connection: &Connection, parts: &Parts) -> Option<StatusCode> {
        let mut event = json!({
            "requestContext": self.context(connection, "$connect", "CONNECT"),
            "isBase64Encoded": false,
        });
        let headers = headers(&parts.headers);
        event["headers"] = last(&headers).into();
        event["multiValueHeaders"] = json!(headers);
        let queries = queries(&parts.uri);
        if !queries.is_empty() {
            event["queryStringParameters"] = last(&queries).into();
            event["multiValueQueryStringParameters"] = json!(queries);
        }
        let answer = self.fleet.invoke(FUNCTION, event.to_string()).await?;
        Some(buffered(answer).await.ok()?.status())
    }

    fn context(&self, connection: &Connection, route: &str, kind: &str) -> Value {
        let request = self.numbers.fetch_add(1, Ordering::Relaxed);
        json!({
            "routeKey": route,
            "eventType": kind,
            "connectionId": connection.id,
            "connectedAt": connection.since,
            "requestTimeEpoch": now(),
            "requestId": format!("request-{request:016}="),
            "extendedRequestId": format!("request-{request:016}="),
            "messageDirection": "IN",
            "domainName": connection.domain,
            "apiId": "local",
            "stage": "dev",
            "identity": {"sourceIp": "127.0.0.1"},
        })
    }

    /// The life of a connection.
    async fn run(
        self: Arc<Self>,
        connection: Connection,
        upgrade: OnUpgrade,
        mut posts: mpsc::Receiver<Message>,
    ) {
        let mut code = 1006;
        if let Ok(upgraded) = upgrade.await {
            let config = WebSocketConfig::default()
                .max_frame_size(Some(FRAME))
                .max_message_size(Some(MESSAGE));
            let upgraded = TokioIo::new(upgraded);
            let socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, Some(config));
            code = self.pass(&connection, &mut socket.await, &mut posts).await;
        }
        self.lock().remove(&connection.id);
        let mut context = self.context(&connection, "$disconnect", "DISCONNECT");
        context["disconnectStatusCode"] = code.into();
        let event = json!({"requestContext": context, "isBase64Encoded": false});
        self.fleet.invoke(FUNCTION, event.to_string()).await;
    }

    /// Passes messages on in both directions; the code that the connection ended with.
    async fn pass(
        self: &Arc<Self>,
        connection: &Connection,
        socket: &mut WebSocketStream<TokioIo<Upgraded>>,
        posts: &mut mpsc::Receiver<Message>,
    ) -> u16 {
        loop {
            tokio::select! {
                post = posts.recv() => {
                    let Some(message) = post else { return 1006 };
                    let closes = matches!(message, Message::Close(_));
                    if socket.send(message).await.is_err() {
                        return 1006;
                    }
                    if closes {
                        // Until the client has answered.
                        while let Some(Ok(_)) = socket.next().await {}
                        return 1000;
                    }
                }
                message = socket.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        tokio::spawn(self.clone().message(connection.clone(), text.as_str().to_owned()));
                    }
                    Some(Ok(Message::Binary(_))) => return refuse(socket, 1003).await,
                    Some(Err(Error::Capacity(_))) => return refuse(socket, 1009).await,
                    Some(Err(Error::Utf8(_))) => return refuse(socket, 1007).await,
                    Some(Ok(Message::Close(why))) => {
                        while let Some(Ok(_)) = socket.next().await {}
                        return why.map_or(1005, |why| why.code.into());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return 1006,
                },
            }
        }
    }

    /// Messages go to the function as they come: one may overtake another.
    async fn message(self: Arc<Self>, connection: Connection, text: String) {
        let mut context = self.context(&connection, "$default", "MESSAGE");
        context["messageId"] = context["requestId"].clone();
        let event = json!({"requestContext": context, "body": text, "isBase64Encoded": false});
        if self
            .fleet
            .invoke(FUNCTION, event.to_string())
            .await
            .is_none()
        {
            let message = json!({
                "message": "Internal server error",
                "connectionId": connection.id,
                "requestId": context["requestId"],
            });
            let _ = self.post(&connection.id, Message::text(message.to_string()));
        }
    }

    pub(super) fn post(&self, id: &str, message: Message) -> StatusCode {
        match self.lock().get(id).map(|open| open.try_send(message)) {
            Some(Ok(())) => StatusCode::OK,
            // "The WebSocket client side buffer is full."
            Some(Err(TrySendError::Full(_))) => StatusCode::TOO_MANY_REQUESTS,
            Some(Err(TrySendError::Closed(_))) | None => StatusCode::GONE,
        }
    }

    pub(super) fn close(&self, id: &str) -> StatusCode {
        match self.post(id, closing(1000)) {
            StatusCode::OK => StatusCode::NO_CONTENT,
            status => status,
        }
    }
}

/// Closes for what the client sent, and reads what it still sends, for it to read this.
async fn refuse(socket: &mut WebSocketStream<TokioIo<Upgraded>>, code: u16) -> u16 {
    let rest = async {
        if socket.send(closing(code)).await.is_ok() {
            let line = socket.get_mut();
            // The client may be gone.
            let _ = line.shutdown().await;
            let _ = tokio::io::copy(line, &mut tokio::io::sink()).await;
        }
    };
    let _ = timeout(TIME_TO_CLOSE, rest).await;
    code
}

fn closing(code: u16) -> Message {
    Message::Close(Some(CloseFrame {
        code: code.into(),
        reason: "".into(),
    }))
}

fn switching(accept: &str) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(0))
}
