//! Connections: accepted, spread over the cores, served, and at the end waited for.

use crate::{
    connections::{Connections, Permit},
    cores::Cores,
    reload::LiveRouter,
};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use openclaw_web::Peer;
use std::{
    io::{self, Write},
    net::{IpAddr, TcpStream as StdStream},
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::{ServiceExt, service_fn};

/// A client must have sent the head of its request within this time.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// A client's connection: it breaks once the client has taken nothing of what is sent for too long, so
/// that nobody holds a provider's call by not reading.
pub(crate) type ClientStream = Pin<Box<TimeoutWriter<TcpStream>>>;

/// What a connection above the limit gets.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What is allowed to clients.
pub(crate) struct ClientLimits {
    /// Who may connect.
    pub(crate) connections: Arc<Connections>,
    /// How long a client may take nothing of what is sent.
    pub(crate) write_timeout: Duration,
}

/// Serves `router` until `stop`, then finishes what is in flight within `grace`. Returns whether all
/// of it was.
pub(crate) async fn listen(
    listener: TcpListener,
    router: LiveRouter,
    cores: &Cores,
    limits: &ClientLimits,
    stop: &CancellationToken,
    grace: Duration,
) -> bool {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted.and_then(|(stream, address)| {
                Ok((stream.into_std()?, address.ip()))
            }),
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, address)) => match limits.connections.admit(address) {
                Some(permit) => {
                    let write_timeout = limits.write_timeout;
                    let client = Client {
                        stream,
                        address,
                        write_timeout,
                        permit,
                    };
                    let served = serve(client, router.clone(), stop.clone());
                    cores.spawn(connections.track_future(served));
                }
                None => refuse(stream),
            },
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

/// A connection that was admitted.
struct Client {
    stream: StdStream,
    address: IpAddr,
    write_timeout: Duration,
    permit: Permit,
}

/// Says that there are too many. The socket does not block: where not even this fits, it is closed.
fn refuse(mut stream: StdStream) {
    let _ = stream.write(TOO_MANY);
}

/// Serves a connection until it ends or, after its current request, `stop` says so.
async fn serve(client: Client, router: LiveRouter, stop: CancellationToken) {
    let _permit = client.permit;
    let stream = match prepared(client.stream, client.write_timeout) {
        Ok(stream) => TokioIo::new(stream),
        Err(error) => return tracing::debug!(%error, "the client left at once"),
    };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    // A connection may live longer than a configuration.
    let answered = move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(client.address));
        router.get().oneshot(request)
    };
    let service = TowerToHyperService::new(service_fn(answered));
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
fn prepared(stream: StdStream, write_timeout: Duration) -> io::Result<ClientStream> {
    stream.set_nodelay(true)?;
    let mut stream = TimeoutWriter::new(TcpStream::from_std(stream)?);
    stream.set_timeout(Some(write_timeout));
    Ok(Box::pin(stream))
}

/// Whether a failed accept is about this process and not about the one connection.
fn is_ours(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    !matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
