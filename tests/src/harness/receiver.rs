//! A receiver of webhooks: takes what is sent to a path of its own for each case, and answers as it was
//! told.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use rcgen::CertifiedKey;
use serde_json::Value;
use sha2::Sha256;
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

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
    /// Not at all; what is sent is not even read.
    Unread,
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
    tls_address: SocketAddr,
    certificate: CertificateDer<'static>,
    broken_handshakes: Arc<AtomicUsize>,
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
                    let listen = async || TcpListener::bind("127.0.0.1:0").await.expect("a port");
                    let (plain, tls) = (listen().await, listen().await);
                    let (certificate, acceptor) = self_signed();
                    let receiver = Self {
                        address: plain.local_addr().expect("an address"),
                        tls_address: tls.local_addr().expect("an address"),
                        certificate,
                        broken_handshakes: Arc::default(),
                        paths: Arc::default(),
                    };
                    tell.send(receiver.clone()).expect("the test waits");
                    tokio::join!(
                        receiver.clone().serve(plain),
                        receiver.serve_tls(tls, acceptor)
                    );
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

    /// Such as `127.0.0.1:4243`, where it speaks TLS with a certificate of its own making.
    pub fn tls_address(&self) -> SocketAddr {
        self.tls_address
    }

    /// That certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Connections there whose other side did not take the certificate.
    pub fn broken_handshakes(&self) -> usize {
        self.broken_handshakes.load(Ordering::SeqCst)
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
            tokio::spawn(self.clone().converse(socket));
        }
    }

    async fn serve_tls(self, listener: TcpListener, acceptor: TlsAcceptor) {
        loop {
            let (socket, _) = listener.accept().await.expect("a connection");
            let (receiver, acceptor) = (self.clone(), acceptor.clone());
            tokio::spawn(async move {
                match acceptor.accept(socket).await {
                    Ok(stream) => receiver.converse(stream).await,
                    Err(_) => {
                        receiver.broken_handshakes.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    }

    async fn converse(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(move |request| {
            let receiver = self.clone();
            async move { Ok::<_, Infallible>(receiver.answer(request).await) }
        });
        // A sender may leave.
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let tag = head.uri.path().trim_start_matches('/').to_owned();
        if self.leaves_unread(&tag) {
            self.take(&tag, head.headers, Bytes::new());
            let _unread = body;
            return pending().await;
        }
        let Ok(body) = body.collect().await else {
            return Response::default();
        };
        let taken = self.take(&tag, head.headers, body.to_bytes());
        let (status, header) = match taken {
            Taken::Status(status) => (status, None),
            Taken::Header(status, name, value) => (status, Some((name, value))),
            Taken::Slowly(pause) => {
                tokio::time::sleep(pause).await;
                (200, None)
            }
            Taken::Never | Taken::Unread => pending().await,
        };
        let mut response = Response::builder().status(status);
        if let Some((name, value)) = header {
            response = response.header(name, value);
        }
        response.body(Full::from("taken")).expect("an answer")
    }

    fn leaves_unread(&self, tag: &str) -> bool {
        let paths = self.paths.lock().unwrap();
        let next = paths.get(tag).and_then(|path| path.script.front());
        matches!(next, Some(Taken::Unread))
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

/// TLS with a certificate that nobody vouches for, and that.
fn self_signed() -> (CertificateDer<'static>, TlsAcceptor) {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("its key");
    (cert.der().clone(), TlsAcceptor::from(Arc::new(config)))
}
