//! Connections: accepted, spread over the cores, served, and at the end waited for.

use crate::cores::Cores;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{io, net::TcpStream as StdStream, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

/// A client must have sent the head of its request within this time.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves `router` until `stop` resolves, then finishes what is in flight within `grace`.
/// Returns whether all of it was.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    cores: &Cores,
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> bool {
    let connections = Arc::new(GracefulShutdown::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted.and_then(|(stream, _)| stream.into_std()),
            () = &mut stop => break,
        };
        match accepted {
            Ok(stream) => cores.spawn(serve(stream, router.clone(), connections.clone())),
            // Out of file descriptors, most likely: some will be free in a moment.
            Err(error) if is_ours(&error) => {
                tracing::error!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
            Err(_) => {}
        }
    }
    drop(listener);
    finish(connections, grace).await
}

/// Tells every connection to end behind its current request and waits for them.
async fn finish(connections: Arc<GracefulShutdown>, grace: Duration) -> bool {
    let ended = async {
        // Those that were accepted last may not have joined yet: they hold the other handles.
        let mut connections = connections;
        loop {
            match Arc::try_unwrap(connections) {
                Ok(all) => break all.shutdown().await,
                Err(held) => connections = held,
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(grace, ended).await.is_ok()
}

async fn serve(stream: StdStream, router: Router, connections: Arc<GracefulShutdown>) {
    let connection = match prepared(stream) {
        Ok(stream) => {
            let service = TowerToHyperService::new(router);
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT);
            connections.watch(http.serve_connection(TokioIo::new(stream), service))
        }
        Err(error) => return tracing::debug!(%error, "the client left at once"),
    };
    drop(connections);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection broke");
    }
}

/// The stream on this core's own event loop. Without `TCP_NODELAY` the kernel holds small writes
/// back for 40 ms: a token would wait for the next.
fn prepared(stream: StdStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    TcpStream::from_std(stream)
}

/// Whether a failed accept is about this process and not about the one connection.
fn is_ours(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
