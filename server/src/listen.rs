//! Connections: accepted, spread over the cores, served, and at the end waited for.

use crate::cores::Cores;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{io, net::TcpStream as StdStream, pin::pin, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A client must have sent the head of its request within this time.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves `router` until `stop`, then finishes what is in flight within `grace`. Returns whether all
/// of it was.
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    cores: &Cores,
    stop: &CancellationToken,
    grace: Duration,
) -> bool {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted.and_then(|(stream, _)| stream.into_std()),
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok(stream) => {
                let served = serve(stream, router.clone(), stop.clone());
                cores.spawn(connections.track_future(served));
            }
            // Out of file descriptors, most likely: some will be free in a moment.
            Err(error) if is_ours(&error) => {
                tracing::error!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(100)).await;
            }
            Err(_) => {}
        }
    }
    drop(listener);
    connections.close();
    timeout(grace, connections.wait()).await.is_ok()
}

/// Serves a connection until it ends or, behind its current request, `stop` says so.
async fn serve(stream: StdStream, router: Router, stop: CancellationToken) {
    let stream = match prepared(stream) {
        Ok(stream) => TokioIo::new(stream),
        Err(error) => return tracing::debug!(%error, "the client left at once"),
    };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    let service = TowerToHyperService::new(router);
    let mut connection = pin!(http.serve_connection(stream, service).with_upgrades());
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
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
