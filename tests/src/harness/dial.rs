//! How a connection to the gateway's WebSocket is opened.

use super::{Client, Socket, Target, expect::status_of, socket::PATIENCE};
use reqwest::RequestBuilder;
use std::net::SocketAddr;
use tokio::{net::TcpSocket, time::timeout};
use tokio_tungstenite::{
    client_async,
    tungstenite::{
        client::IntoClientRequest,
        http::{HeaderName, HeaderValue, Request},
    },
};

/// Where the WebSocket of the gateway at `base_url` is, such as `ws://127.0.0.1:4243/v1/ws`.
pub fn ws_url(base_url: &str) -> String {
    format!("{}/v1/ws", base_url.replacen("http", "ws", 1))
}

/// The socket address and the path of that.
pub(super) fn place(base_url: &str) -> (SocketAddr, String) {
    let url = ws_url(base_url);
    let rest = url.strip_prefix("ws://").expect("no TLS here");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    (host.parse().expect("an address"), format!("/{path}"))
}

/// A connection to be opened.
#[derive(Clone, Debug)]
pub struct Dial {
    base_url: String,
    credential: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    through: Option<SocketAddr>,
    buffer: Option<u32>,
}

impl Client {
    /// A connection to this gateway. The client's credential is for the `auth` frame.
    pub fn dial(&self) -> Dial {
        Dial {
            base_url: self.base_url().into(),
            credential: self.credential().unwrap_or_default().into(),
            query: String::new(),
            headers: Vec::new(),
            through: None,
            buffer: None,
        }
    }

    /// A connection that has authenticated by frame.
    pub async fn socket(&self) -> Socket {
        self.dial().authenticated().await
    }
}

impl Dial {
    /// With a query, such as `?api_key=…`.
    #[must_use]
    pub fn query(self, query: &str) -> Self {
        let query = query.into();
        Self { query, ..self }
    }

    /// With a header of the handshake.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// By way of a [`super::Relay`].
    #[must_use]
    pub fn through(self, relay: SocketAddr) -> Self {
        let through = Some(relay);
        Self { through, ..self }
    }

    /// With so small a buffer for what was not read yet, in bytes.
    #[must_use]
    pub fn buffer(self, bytes: u32) -> Self {
        let buffer = Some(bytes);
        Self { buffer, ..self }
    }

    /// Connects.
    pub async fn open(self) -> Socket {
        let (gateway, path) = place(&self.base_url);
        let mut request = format!("ws://{gateway}{path}{}", self.query)
            .into_client_request()
            .expect("an address");
        self.put_headers(&mut request);
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(bytes) = self.buffer {
            socket.set_recv_buffer_size(bytes).expect("a socket");
        }
        let line = socket.connect(self.through.unwrap_or(gateway)).await;
        let line = line.expect("the gateway listens");
        line.set_nodelay(true).expect("a socket");
        let opened = timeout(PATIENCE, client_async(request, line)).await;
        let (line, _) = opened.expect("an answer").expect("101");
        Socket::new(line)
    }

    /// Connects, which must be refused with this error. API Gateway hands on its status alone.
    pub async fn is_refused(self, code: &str) {
        let (client, request) = self.request();
        match Target::chosen() {
            Target::Lambda => {
                let answer = request.send().await.expect("an answer");
                assert_eq!(answer.status(), status_of(code));
            }
            Target::Native | Target::Workers => drop(client.send(request).await.fails(code)),
        }
    }

    fn request(self) -> (Client, RequestBuilder) {
        let (gateway, path) = place(&self.base_url);
        let client = Client::new(&format!("http://{gateway}"));
        let mut request = client.request("GET", &format!("{path}{}", self.query));
        let handshake = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        for (name, value) in handshake {
            request = request.header(name, value);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        (client, request)
    }

    /// Connects and authenticates by frame.
    pub async fn authenticated(self) -> Socket {
        let credential = self.credential.clone();
        let mut socket = self.open().await;
        socket.authenticate(&credential).await;
        socket
    }

    fn put_headers(&self, request: &mut Request<()>) {
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value).expect("a header's value");
            let name = HeaderName::from_static(name);
            request.headers_mut().insert(name, value);
        }
    }
}
