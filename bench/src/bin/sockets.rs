//! `sockets`: load on the WebSocket as a program.
#![allow(clippy::print_stdout, reason = "its results go to standard output")]

use anyhow::{Context, Result, bail, ensure};
use axum::{Router, body::Body, response::Response, routing::post};
use bytes::Bytes;
use clap::{Parser, Subcommand};
use futures_util::{SinkExt, StreamExt, future::try_join_all, stream};
use http::header;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    sync::LazyLock,
    time::{Duration, Instant},
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::Barrier,
    time::{interval, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Opens WebSockets to a gateway.
#[derive(Parser)]
struct Arguments {
    /// Such as 127.0.0.1:3000.
    #[arg(long)]
    address: String,
    /// The API key.
    #[arg(long, env = "OPENCLAW_API_KEY", default_value = "none")]
    key: String,
    /// Connections at a time.
    #[arg(long)]
    connections: usize,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Authenticates, prints `open` once all have, and does nothing until standard input ends.
    Idle {
        /// Seconds behind `open` after which each is to answer a ping; prints `answered` then.
        #[arg(long)]
        ping_after: Option<u64>,
    },
    /// Streams an answer on each at once, from an upstream of its own whose every piece says when
    /// it left; prints how long they took, as JSON.
    Stream {
        /// Where the upstream listens.
        #[arg(long)]
        upstream_port: u16,
        /// Pieces of an answer.
        #[arg(long, default_value_t = 100)]
        pieces: usize,
        /// Milliseconds between them.
        #[arg(long, default_value_t = 50)]
        pace: u64,
        /// Asks the upstream itself, by HTTP.
        #[arg(long)]
        direct: bool,
    },
}

/// What pieces count their microseconds from.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

type Socket = WebSocketStream<TcpStream>;

// One thread: it shares the processors with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.what {
        What::Idle { ping_after } => idle(&arguments, ping_after.map(Duration::from_secs)).await,
        What::Stream {
            upstream_port,
            pieces,
            pace,
            direct,
        } => {
            serve_upstream(upstream_port, pieces, Duration::from_millis(pace)).await?;
            let mut late = timeout(PATIENCE, streams(&arguments, direct, pieces)).await??;
            late.sort_unstable();
            let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize];
            let said = json!({"frames": late.len(), "p50": at(0.5), "p99": at(0.99)});
            println!("{said}");
            Ok(())
        }
    }
}

async fn idle(arguments: &Arguments, ping_after: Option<Duration>) -> Result<()> {
    let mut sockets = vec![];
    for _ in 0..arguments.connections {
        sockets.push(connect(arguments).await?);
    }
    println!("open");
    if let Some(time) = ping_after {
        tokio::time::sleep(time).await;
        for socket in &mut sockets {
            send(socket, &json!({"type": "ping"})).await?;
            let answer = timeout(PATIENCE, next(socket)).await??;
            ensure!(answer["type"] == "pong", "{answer}");
        }
        println!("answered");
    }
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    drop(sockets);
    Ok(())
}

/// An authenticated connection.
async fn connect(arguments: &Arguments) -> Result<Socket> {
    let stream = TcpStream::connect(&arguments.address).await?;
    stream.set_nodelay(true)?;
    let request = format!("ws://{}/v1/ws", arguments.address).into_client_request()?;
    let (mut socket, _) = client_async(request, stream).await?;
    send(
        &mut socket,
        &json!({"type": "auth", "token": arguments.key}),
    )
    .await?;
    let welcome = next(&mut socket).await?;
    ensure!(welcome["type"] == "auth_ok", "{welcome}");
    Ok(socket)
}

async fn send(socket: &mut Socket, frame: &Value) -> Result<()> {
    Ok(socket.send(Message::text(frame.to_string())).await?)
}

async fn next(socket: &mut Socket) -> Result<Value> {
    loop {
        match socket.next().await.context("closed")?? {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Close(why) => bail!("closed: {why:?}"),
            _ => {}
        }
    }
}

/// How late each piece of all answers was, in microseconds.
async fn streams(arguments: &Arguments, direct: bool, pieces: usize) -> Result<Vec<u64>> {
    let together = Barrier::new(arguments.connections);
    let all = (0..arguments.connections).map(async |_| match direct {
        true => ask_directly(arguments, &together, pieces).await,
        false => ask(arguments, &together, pieces).await,
    });
    Ok(try_join_all(all).await?.concat())
}

async fn ask(arguments: &Arguments, together: &Barrier, pieces: usize) -> Result<Vec<u64>> {
    let mut socket = connect(arguments).await?;
    together.wait().await;
    let messages = json!([{"role": "user", "content": "Hi"}]);
    let chat =
        json!({"type": "chat", "id": "a", "model": "bench", "stream": true, "messages": messages});
    send(&mut socket, &chat).await?;
    let (mut late, mut text) = (vec![], String::new());
    loop {
        let frame = next(&mut socket).await?;
        let content = frame["content"].as_str().unwrap_or_default();
        ensure!(frame["seq"] == late.len() + 1, "out of order: {frame}");
        match frame["type"].as_str() {
            Some("chat_chunk") => {
                late.push(lateness(content)?);
                text.push_str(content);
            }
            Some("chat_complete") => {
                ensure!(late.len() == pieces && content == text, "lost frames");
                return Ok(late);
            }
            _ => bail!("{frame}"),
        }
    }
}

async fn ask_directly(
    arguments: &Arguments,
    together: &Barrier,
    pieces: usize,
) -> Result<Vec<u64>> {
    let stream = TcpStream::connect(&arguments.address).await?;
    stream.set_nodelay(true)?;
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
    tokio::spawn(connection);
    together.wait().await;
    let request = http::Request::post("/v1/chat/completions")
        .header(header::HOST, &arguments.address)
        .body(http_body_util::Empty::<Bytes>::new())?;
    let mut body = sender.send_request(request).await?.into_body();
    let mut late = vec![];
    while let Some(frame) = http_body_util::BodyExt::frame(&mut body).await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        for line in std::str::from_utf8(&data)?.lines() {
            if let Some(Ok(chunk)) = line
                .strip_prefix("data: ")
                .map(serde_json::from_str::<Value>)
                && let Some(content) = chunk["choices"][0]["delta"]["content"].as_str()
            {
                late.push(lateness(content)?);
            }
        }
    }
    ensure!(late.len() == pieces, "lost pieces");
    Ok(late)
}

fn lateness(content: &str) -> Result<u64> {
    let left: u64 = content.trim().parse()?;
    Ok(now().saturating_sub(left))
}

fn now() -> u64 {
    u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX)
}

async fn serve_upstream(port: u16, pieces: usize, pace: Duration) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let router = Router::new().route(
        "/v1/chat/completions",
        post(async move || answer(pieces, pace)),
    );
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(())
}

fn answer(pieces: usize, pace: Duration) -> Response {
    let ticks = stream::unfold((interval(pace), 0), move |(mut ticks, sent)| async move {
        if sent > pieces {
            return None;
        }
        ticks.tick().await;
        let (delta, reason) = match sent < pieces {
            true => (json!({"content": format!("{} ", now())}), Value::Null),
            false => (json!({}), json!("stop")),
        };
        let choices = json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "bench", "choices": choices});
        let end = if sent < pieces {
            ""
        } else {
            "data: [DONE]\n\n"
        };
        let event = Bytes::from(format!("data: {chunk}\n\n{end}"));
        Some((Ok::<_, Infallible>(event), (ticks, sent + 1)))
    });
    let mut response = Response::new(Body::from_stream(ticks));
    let kind = http::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
