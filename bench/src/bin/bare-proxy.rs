//! `bare-proxy`: the least that an HTTP proxy on the gateway's own libraries can do. What the
//! gateway costs is told in multiples of it.

use anyhow::{Context, Result};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
    serve::ListenerExt,
};
use clap::Parser;
use http::{StatusCode, Uri, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::net::TcpListener;

/// Passes every request on and streams the answer back.
#[derive(Parser)]
struct Arguments {
    /// The TCP port on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// Where requests go, such as `127.0.0.1:8090`.
    #[arg(long)]
    to: String,
}

#[derive(Clone)]
struct Proxy {
    client: Client<HttpConnector, Body>,
    to: http::uri::Authority,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { port, to } = Arguments::parse();
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector);
    let to = to.parse().context("--to is no address")?;
    let routes = Router::new()
        .fallback(pass)
        .with_state(Proxy { client, to });
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let listener = listener.tap_io(|socket| {
        // Without it an event waits up to 40 ms for the acknowledgement of the one before.
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn pass(
    State(proxy): State<Proxy>,
    mut request: Request,
) -> Result<Response, (StatusCode, String)> {
    let failed = |error: &dyn std::fmt::Display| (StatusCode::BAD_GATEWAY, error.to_string());
    let mut uri = std::mem::take(request.uri_mut()).into_parts();
    uri.scheme = Some(http::uri::Scheme::HTTP);
    uri.authority = Some(proxy.to);
    *request.uri_mut() = Uri::from_parts(uri).map_err(|error| failed(&error))?;
    request.headers_mut().remove(header::HOST);
    match proxy.client.request(request).await {
        Ok(response) => Ok(response.map(Body::new)),
        Err(error) => Err(failed(&error)),
    }
}
