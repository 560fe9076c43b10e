//! A receiver of webhooks: takes what is sent to a path of its own for each case, and answers as it was
//! told.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use sha2::Sha256;
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, mpsc},
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// How a request is answered.
#[derive(Clone, Debug)]
pub enum Taken {
    /// With this status.
    Status(u16),
    /// With this status and header.
    Header(u16, &'static str, String),
    /// With 200, after this time.
    Slowly(Duration),
    /// Not at all.
    Never,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, to the byte.
    pub body: Bytes,
    /// When it was there as a whole.
    pub at: Instant,
}

impl Received {
    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        let value = value.unwrap_or_else(|| panic!("no {name}: {:?}", self.headers));
        value.to_str().expect("text")
    }

    /// Whether one of its signatures is by `secret`, by the Standard Webhooks specification.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let encoded = secret.strip_prefix("whsec_").expect("a secret");
        let key = BASE64_STANDARD.decode(encoded).expect("base64");
        let (id, second) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(format!("{id}.{second}.").as_bytes());
        mac.update(&self.body);
        let wanted = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        let mut signatures = self.header("webhook-signature").split(' ');
        signatures.any(|signature| signature == wanted)
    }
}

#[derive(Debug, Default)]
struct Path {
    script: VecDeque<Taken>,
    received: Vec<Received>,
}

/// The receiver of this test process.
#[derive(Clone, Debug)]
pub struct Receiver {
    address: SocketAddr,
    paths: Arc<Mutex<HashMap<String, Path>>>,
}

impl Receiver {
    /// Started at the first call, on a thread and runtime of its own: a test's runtime ends with the
    /// test.
    pub fn get() -> &'static Self {
        static RECEIVER: OnceLock<Receiver> = OnceLock::new();
        RECEIVER.get_or_init(|| {
            let (tell, told) = mpsc::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async {
                    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                    let receiver = Self {
                        address: listener.local_addr().expect("an address"),
                        paths: Arc::default(),
                    };
                    tell.send(receiver.clone()).expect("the test waits");
                    receiver.serve(listener).await;
                });
            });
            told.recv().expect("the receiver starts")
        })
    }

    /// Such as `127.0.0.1:4242`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where to send what is for `tag`.
    pub fn url(&self, tag: &str) -> String {
        format!("http://{}/{tag}", self.address)
    }

    /// How the next requests for `tag` are answered, in turn; the last one goes for all after it. Without a
    /// script all are answered with 200.
    pub fn script(&self, tag: &str, answers: impl IntoIterator<Item = Taken>) {
        let mut paths = self.paths.lock().unwrap();
        paths.entry(tag.into()).or_default().script = answers.into_iter().collect();
    }

    /// What came for `tag` so far.
    pub fn received(&self, tag: &str) -> Vec<Received> {
        let paths = self.paths.lock().unwrap();
        paths
            .get(tag)
            .map_or_else(Vec::new, |path| path.received.clone())
    }

    /// Waits until so many have come for `tag`.
    ///
    /// # Panics
    /// When they do not come within `limit`.
    pub async fn wait(&self, tag: &str, count: usize, limit: Duration) -> Vec<Received> {
        let start = Instant::now();
        loop {
            let received = self.received(tag);
            if received.len() >= count {
                return received;
            }
            let came = received.len();
            assert!(
                start.elapsed() < limit,
                "{came} of {count} for {tag} within {limit:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn serve(self, listener: TcpListener) {
        loop {
            let (socket, _) = listener.accept().await.expect("a connection");
            let receiver = self.clone();
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let receiver = receiver.clone();
                    async move { Ok::<_, Infallible>(receiver.answer(request).await) }
                });
                // A sender may leave.
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), service)
                    .await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return Response::default();
        };
        let tag = head.uri.path().trim_start_matches('/').to_owned();
        let taken = self.take(&tag, head.headers, body.to_bytes());
        let (status, header) = match taken {
            Taken::Status(status) => (status, None),
            Taken::Header(status, name, value) => (status, Some((name, value))),
            Taken::Slowly(pause) => {
                tokio::time::sleep(pause).await;
                (200, None)
            }
            Taken::Never => pending().await,
        };
        let mut response = Response::builder().status(status);
        if let Some((name, value)) = header {
            response = response.header(name, value);
        }
        response.body(Full::from("taken")).expect("an answer")
    }

    fn take(&self, tag: &str, headers: HeaderMap, body: Bytes) -> Taken {
        let mut paths = self.paths.lock().unwrap();
        let path = paths.entry(tag.into()).or_default();
        let at = Instant::now();
        path.received.push(Received { headers, body, at });
        match path.script.len() {
            0 => Taken::Status(200),
            1 => path.script[0].clone(),
            _ => path.script.pop_front().expect("there are some"),
        }
    }
}
