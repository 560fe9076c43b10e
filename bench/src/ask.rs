//! One connection and one question on it.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// What to ask for: a chat completion, or a path.
#[derive(Clone)]
pub struct Question {
    /// Such as `127.0.0.1:3000`.
    pub address: String,
    /// The API key; the upstream itself needs none.
    pub key: String,
    /// Whether the answer streams.
    pub stream: bool,
    what: What,
}

#[derive(Clone)]
enum What {
    /// A chat completion with this body.
    Chat(Bytes),
    /// A GET of this path.
    Get(String),
}

impl Question {
    /// `text` as the only message to `model`.
    #[must_use]
    pub fn new(address: String, key: String, model: &str, text: &str, stream: bool) -> Self {
        let messages = json!([{"role": "user", "content": text}]);
        let body = match stream {
            // As most callers stream: with the usage at the end.
            true => json!({"model": model, "messages": messages, "stream": true,
                "stream_options": {"include_usage": true}}),
            false => json!({"model": model, "messages": messages}),
        };
        Self {
            address,
            key,
            stream,
            what: What::Chat(body.to_string().into()),
        }
    }

    /// The JSON at `path` instead of a chat.
    #[must_use]
    pub fn instead(self, path: String) -> Self {
        Self {
            stream: false,
            what: What::Get(path),
            ..self
        }
    }

    fn request(&self) -> Result<Request<Full<Bytes>>, http::Error> {
        let (request, body) = match &self.what {
            What::Chat(body) => {
                let request = Request::post("/v1/chat/completions")
                    .header(header::CONTENT_TYPE, "application/json");
                (request, body.clone())
            }
            What::Get(path) => (Request::get(path), Bytes::new()),
        };
        request
            .header(header::HOST, &self.address)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .body(Full::new(body))
    }
}

/// A kept connection.
pub struct Asker {
    sender: SendRequest<Full<Bytes>>,
    question: Question,
}

impl Asker {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub async fn connect(question: Question) -> Result<Self> {
        let socket = TcpStream::connect(&question.address).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, question })
    }

    /// Asks once; the time to the first byte of the body, and to its end. `first` is called at
    /// the former.
    ///
    /// # Errors
    /// When the answer is anything but whole and 200.
    pub async fn ask(&mut self, first: impl FnOnce()) -> Result<(Duration, Duration)> {
        self.sender.ready().await?;
        let since = Instant::now();
        let response = self.sender.send_request(self.question.request()?).await?;
        let status = response.status();
        let mut body = response.into_body();
        let (mut to_first, mut first) = (None, Some(first));
        let mut last = Bytes::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            if let Some(first) = first.take() {
                to_first = Some(since.elapsed());
                first();
            }
            if !data.is_empty() {
                last = data;
            }
        }
        let whole = since.elapsed();
        let end: &[u8] = if self.question.stream {
            b"[DONE]"
        } else {
            b"}"
        };
        if status != 200 || !last.trim_ascii_end().ends_with(end) {
            bail!("{status}, ending in {}", String::from_utf8_lossy(&last));
        }
        Ok((to_first.context("an empty answer")?, whole))
    }
}
