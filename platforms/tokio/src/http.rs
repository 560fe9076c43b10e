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
use thread_local::ThreadLocal;

/// An idle connection is closed behind this.
const IDLE: Duration = Duration::from_secs(90);

/// [`Http`] on hyper: HTTP/1.1, HTTP/2 where TLS negotiates it, connections pooled by host.
///
/// Nothing that may have reached the peer is sent twice here: a connection that is lost behind a
/// request is [`HttpError::Broken`], and whoever asked counts and decides about another try.
///
/// Each thread has connections of its own: with an event loop a thread, a request and its
/// provider's connection are driven by the same one and need not wake each other across threads.
pub struct HyperHttp {
    clients: ThreadLocal<Client<Connector, Full<Bytes>>>,
    connector: Connector,
}

impl HyperHttp {
    /// A client that trusts the system's certificates, which are read when the first `https`
    /// request needs them.
    pub fn new() -> Self {
        Self {
            clients: ThreadLocal::new(),
            connector: Connector::new(),
        }
    }

    fn client(&self) -> &Client<Connector, Full<Bytes>> {
        self.clients.get_or(|| {
            Client::builder(TokioExecutor::new())
                .pool_idle_timeout(IDLE)
                .pool_timer(TokioTimer::new())
                .build(self.connector.clone())
        })
    }
}

impl Default for HyperHttp {
    fn default() -> Self {
        Self::new()
    }
}

impl Http for HyperHttp {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let response = self.client().request(request.map(Full::new));
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
