use super::resolver::Resolver;
use futures_util::FutureExt;
use http::{Uri, uri::Scheme};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use openclaw_core::BoxFuture;
use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpStream, sync::OnceCell};
use tower_service::Service;

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// From the name to a connection ready for the request, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// TCP without Nagle's delay; TLS for `https`.
///
/// What TLS needs is made with the first `https` request: reading the system's certificates takes
/// longer than the rest of the server's start.
#[derive(Clone)]
pub(super) struct Connector {
    resolver: Resolver,
    tcp: Tcp,
    tls: Arc<OnceCell<HttpsConnector<Tcp>>>,
}

type Tcp = HttpConnector<Resolver>;

impl Connector {
    pub(super) fn new(resolver: Resolver) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver.clone());
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        Self {
            resolver,
            tcp,
            tls: Arc::default(),
        }
    }

    async fn connect(self, to: Uri) -> Result<Stream, BoxError> {
        let Self {
            resolver,
            mut tcp,
            tls,
        } = self;
        // Of an address no resolver is asked.
        resolver.ensure_host(to.host().unwrap_or_default())?;
        if to.scheme() != Some(&Scheme::HTTPS) {
            return Ok(tcp.call(to).await?.into());
        }
        let tls = tls.get_or_try_init(|| load(tcp)).await?;
        tls.clone().call(to).await
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(CONNECT, self.clone().connect(to));
        async move {
            connecting.await.unwrap_or_else(|_| {
                let seconds = CONNECT.as_secs();
                Err(format!("no connection within {seconds} s").into())
            })
        }
        .boxed()
    }
}

async fn load(tcp: Tcp) -> Result<HttpsConnector<Tcp>, BoxError> {
    let roots = || {
        HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
    };
    let builder = tokio::task::spawn_blocking(roots).await??;
    Ok(builder
        .https_only()
        .enable_all_versions()
        .wrap_connector(tcp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nagle_is_off() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("http://{}/", listener.local_addr().unwrap());
        let stream = Connector::new(Resolver::any())
            .call(to.parse().unwrap())
            .await
            .unwrap();
        let MaybeHttpsStream::Http(tcp) = stream else {
            panic!("TLS for http");
        };
        assert!(tcp.inner().nodelay().unwrap());
    }
}
