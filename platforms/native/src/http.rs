mod connection;
mod connector;

use bytes::Bytes;
use connection::Answered;
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
/// A request that meets a pooled connection's end, as when the server closes it for idleness at
/// that moment, is sent again on another one. On a new connection nothing is sent twice: its loss
/// is [`HttpError::Broken`].
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
        let client = self.client().clone();
        async move {
            loop {
                match client.request(request.clone().map(Full::new)).await {
                    Ok(response) => {
                        Answered::note(&response);
                        return Ok(response.map(stream));
                    }
                    // Ends with the pool's last stale connection: a new one is not stale.
                    Err(error) if Answered::was_stale(&error) => {}
                    Err(error) => return Err(describe(error)),
                }
            }
        }
        .boxed()
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
