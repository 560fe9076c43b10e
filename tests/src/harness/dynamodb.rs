//! A proxy in front of DynamoDB Local that counts operations by their name.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

/// Operations by name, such as `UpdateItem`.
type Counts = Arc<Mutex<BTreeMap<String, usize>>>;

/// A running proxy; it ends with the runtime of the case.
#[derive(Debug)]
pub struct Counted {
    /// What a gateway is told in place of the suite's DynamoDB.
    pub url: String,
    counts: Counts,
}

impl Counted {
    /// Starts one.
    ///
    /// # Panics
    /// When `OPENCLAW_DYNAMODB_URL` is not set.
    pub async fn start() -> Self {
        let to = std::env::var("OPENCLAW_DYNAMODB_URL").expect("OPENCLAW_DYNAMODB_URL");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let counts = Counts::default();
        let proxy = Self {
            url,
            counts: counts.clone(),
        };
        let client = reqwest::Client::builder().no_proxy().build();
        let client = client.expect("a client");
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.expect("accepts");
                let (to, counts, client) = (to.clone(), counts.clone(), client.clone());
                let service = service_fn(move |request| {
                    pass(client.clone(), to.clone(), counts.clone(), request)
                });
                tokio::spawn(async move {
                    // A copy that ends leaves its connections.
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service)
                        .await;
                });
            }
        });
        proxy
    }

    /// What was asked since the last look.
    pub fn take(&self) -> BTreeMap<String, usize> {
        std::mem::take(&mut *self.counts.lock().expect("counts"))
    }
}

async fn pass(
    client: reqwest::Client,
    to: String,
    counts: Counts,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let (mut parts, body) = request.into_parts();
    let target = parts.headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok()).unwrap_or("");
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    *counts.lock().expect("counts").entry(operation).or_default() += 1;
    parts.headers.remove("host");
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let sent = client
        .request(parts.method, format!("{to}{}", parts.uri))
        .headers(parts.headers)
        .body(body)
        .send();
    let answer = sent.await.map_err(io::Error::other)?;
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != "transfer-encoding" && name != "content-length" {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.map_err(io::Error::other)?;
    response.body(Full::new(body)).map_err(io::Error::other)
}
