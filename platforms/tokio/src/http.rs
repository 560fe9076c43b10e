mod connector;
mod resolver;

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
use resolver::{Resolver, SpecialAddress};
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
        Self::over(Resolver::any())
    }

    /// The same for public addresses only, on connections of its own: every address is checked when a
    /// connection is made, and connected to as it was checked, so that a name that leads elsewhere a moment
    /// later leads nowhere. What is not public is [`HttpError::Special`].
    pub fn public() -> Self {
        Self::over(Resolver::public())
    }

    fn over(resolver: Resolver) -> Self {
        Self {
            clients: ThreadLocal::new(),
            connector: Connector::new(resolver),
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
    if let Some(special) = cause::<SpecialAddress>(&error) {
        HttpError::Special(special.to_string())
    } else if error.is_connect() {
        HttpError::Connect(chain(&error))
    } else {
        HttpError::Broken(chain(&error))
    }
}

/// The cause of that type, however deep it lies.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
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
