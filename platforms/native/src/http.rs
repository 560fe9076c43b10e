mod connector;

use bytes::Bytes;
use connector::Connector;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use http_body_util::{BodyDataStream, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, Client},
    rt::{TokioExecutor, TokioTimer},
};
use openclaw_core::{BoxFuture, Http, HttpError, HttpRequest, HttpResponse};
use std::{error::Error, time::Duration};

/// An idle connection is closed behind this.
const IDLE: Duration = Duration::from_secs(90);

/// [`Http`] on hyper: HTTP/1.1, HTTP/2 where TLS negotiates it, connections pooled by host.
///
/// A request that met a pooled connection's end before a byte of it was written is sent again on
/// another one; once it was written, a lost connection is [`HttpError::Broken`], because the peer
/// may have acted on it.
#[derive(Clone)]
pub struct HyperHttp {
    client: Client<Connector, Full<Bytes>>,
}

impl HyperHttp {
    /// A client that trusts the system's certificates, which are read when the first `https`
    /// request needs them.
    pub fn new() -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(Connector::new());
        Self { client }
    }
}

impl Default for HyperHttp {
    fn default() -> Self {
        Self::new()
    }
}

impl Http for HyperHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let response = self.client.request(request.map(Full::new));
        async move { Ok(response.await.map_err(describe)?.map(stream)) }.boxed()
    }
}

fn stream(body: Incoming) -> openclaw_core::ByteStream {
    BodyDataStream::new(body)
        .map_err(|error| HttpError::Broken(chain(&error)))
        .boxed()
}

fn describe(error: legacy::Error) -> HttpError {
    if error.is_connect() {
        HttpError::Connect(chain(&error))
    } else {
        HttpError::Broken(chain(&error))
    }
}

/// An error with its causes: hyper's own text alone says little.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
