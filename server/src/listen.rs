//! Connections: accepted, served, and at the end waited for.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::{io, time::Duration};
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
    stop: impl Future<Output = ()>,
    grace: Duration,
) -> bool {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => serve(&http, stream, router.clone(), &connections),
            // Out of file descriptors, most likely: some will be free in a moment.
            Err(error) if is_ours(&error) => {
                tracing::error!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
            Err(_) => {}
        }
    }
    drop(listener);
    timeout(grace, connections.shutdown()).await.is_ok()
}

fn serve(http: &http1::Builder, stream: TcpStream, router: Router, connections: &GracefulShutdown) {
    // Without it the kernel holds small writes back for 40 ms: a token would wait for the next.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the client left at once");
        return;
    }
    let service = TowerToHyperService::new(router);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke");
        }
    });
}

/// Whether a failed accept is about this process and not about the one connection.
fn is_ours(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
