//! Names to addresses.

use futures_util::{FutureExt, TryFutureExt};
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use openclaw_core::BoxFuture;
use openclaw_egress::special_block;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    task::{Context, Poll},
    vec,
};
use tower_service::Service;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// All addresses of a name, without their ports.
type Lookup = Arc<dyn Fn(Name) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// The block that an address belongs to, where it may not be connected to.
type Block = fn(IpAddr) -> Option<&'static str>;

/// Finds the addresses that may be connected to. hyper connects to those that it is given and asks for
/// none a second time.
#[derive(Clone)]
pub(super) struct Resolver {
    lookup: Lookup,
    block: Block,
}

/// A name, or an address, leads to no address that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("{host} leads to {address}, a {block} address")]
pub(super) struct SpecialAddress {
    host: String,
    address: IpAddr,
    block: &'static str,
}

impl Resolver {
    /// The system's resolver.
    pub(super) fn any() -> Self {
        Self::with(|_| None)
    }

    /// The same for public addresses.
    pub(super) fn public() -> Self {
        Self::with(special_block)
    }

    fn with(block: Block) -> Self {
        let lookup = |name| {
            let found = GaiResolver::new().call(name);
            found.map_ok(Iterator::collect).boxed()
        };
        Self {
            lookup: Arc::new(lookup),
            block,
        }
    }

    /// Refuses a URI's host that is an address which may not be connected to.
    pub(super) fn ensure_host(&self, host: &str) -> Result<(), SpecialAddress> {
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse() {
            Ok(address) => self.ensure(host, address),
            Err(_) => Ok(()),
        }
    }

    fn ensure(&self, host: &str, address: IpAddr) -> Result<(), SpecialAddress> {
        match (self.block)(address) {
            None => Ok(()),
            Some(block) => Err(SpecialAddress {
                host: host.to_owned(),
                address,
                block,
            }),
        }
    }

    /// Those of `found` that may be connected to; the error names one where there are none.
    fn allowed(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, BoxError> {
        let mut refused = None;
        let mut allowed = Vec::with_capacity(found.len());
        for address in found {
            match self.ensure(host, address.ip()) {
                Ok(()) => allowed.push(address),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if allowed.is_empty() => Err(error.into()),
            _ => Ok(allowed),
        }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (resolver, host) = (self.clone(), name.to_string());
        async move {
            let found = (resolver.lookup)(name).await?;
            Ok(resolver.allowed(&host, found)?.into_iter())
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HyperHttp;
    use bytes::Bytes;
    use http::Request;
    use openclaw_core::{Http, HttpError};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    /// A client whose names lead, one look after the other, to those addresses, and how often it looked.
    /// 127.0.0.1 stands for what is private, all else for what is public: no test leaves the loopback.
    fn client(answers: Vec<Vec<&'static str>>) -> (HyperHttp, Arc<AtomicUsize>) {
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = looks.clone();
        let lookup = move |_| {
            let at = counted
                .fetch_add(1, Ordering::SeqCst)
                .min(answers.len() - 1);
            let found = answers[at].iter();
            let found = found.map(|ip| SocketAddr::new(ip.parse().unwrap(), 0));
            let found = Ok(found.collect());
            async move { found }.boxed()
        };
        let resolver = Resolver {
            lookup: Arc::new(lookup),
            block: |address| {
                let private = IpAddr::from([127, 0, 0, 1]);
                (address == private).then_some("loopback")
            },
        };
        (HyperHttp::over(resolver), looks)
    }

    /// A server at `ip`; its port, and how many connections came to it.
    async fn serve(ip: &str, port: u16) -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind((ip, port)).await.unwrap();
        let (port, count) = (listener.local_addr().unwrap().port(), Arc::default());
        let counted: Arc<AtomicUsize> = Arc::clone(&count);
        tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = socket.read(&mut [0; 1024]).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = socket.write_all(answer).await;
            }
        });
        (port, count)
    }

    async fn get(http: &HyperHttp, url: String) -> Result<u16, HttpError> {
        let request = Request::get(url).body(Bytes::new()).unwrap();
        Ok(http.send(request).await?.status().as_u16())
    }

    fn is_special(result: &Result<u16, HttpError>) -> bool {
        matches!(result, Err(HttpError::Special(_)))
    }

    #[tokio::test]
    async fn the_connection_is_made_to_the_address_that_was_checked() {
        let (port, public) = serve("127.0.0.2", 0).await;
        let (_, private) = serve("127.0.0.1", port).await;
        // Public at the first look, private ever after.
        let (http, looks) = client(vec![vec!["127.0.0.2"], vec!["127.0.0.1"]]);
        let url = format!("http://changing.test:{port}/");
        assert_eq!(get(&http, url.clone()).await, Ok(200));
        assert_eq!(looks.load(Ordering::SeqCst), 1);
        let second = get(&http, url).await;
        assert!(is_special(&second), "{second:?}");
        assert_eq!(public.load(Ordering::SeqCst), 1);
        assert_eq!(private.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn of_several_addresses_only_those_that_may_be_are_connected_to() {
        let (port, public) = serve("127.0.0.3", 0).await;
        let (_, private) = serve("127.0.0.1", port).await;
        let (http, _) = client(vec![vec!["127.0.0.1", "127.0.0.3"]]);
        let both = get(&http, format!("http://both.test:{port}/")).await;
        assert_eq!(both, Ok(200));
        assert_eq!(public.load(Ordering::SeqCst), 1);
        assert_eq!(private.load(Ordering::SeqCst), 0);
    }

    /// With the system's own resolver and the registry's blocks.
    #[tokio::test]
    async fn names_and_addresses_of_this_host_are_refused_before_a_connection() {
        let (port, reached) = serve("127.0.0.1", 0).await;
        let http = HyperHttp::public();
        for host in [
            "localhost",
            "127.0.0.1",
            "127.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "0.0.0.0",
        ] {
            // TLS takes no name like this.
            let schemes: &[_] = if host == "127.1" {
                &["http"]
            } else {
                &["http", "https"]
            };
            for scheme in schemes {
                let result = get(&http, format!("{scheme}://{host}:{port}/")).await;
                assert!(is_special(&result), "{scheme}://{host}: {result:?}");
            }
        }
        assert_eq!(reached.load(Ordering::SeqCst), 0);
        let any = get(&HyperHttp::new(), format!("http://localhost:{port}/")).await;
        assert_eq!(any, Ok(200));
    }
}
