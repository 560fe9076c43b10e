//! AWS Lambda and API Gateway on this machine: the functions' own release binaries, each copy of one
//! behind a runtime interface of its own, and in front of them what a REST API does.
//!
//! What it is exact about: the Runtime API (next, response, streamed response with its prelude, error,
//! deadline); REST events (v1), bodies that are no UTF-8 in base64; one invocation at a time in a copy;
//! copies are started when all others are busy; a copy that waits for its next invocation is frozen
//! (SIGSTOP) until it comes; a copy that dies in one costs that request (502).
//!
//! For the WebSocket API: `$connect`, `$default` and `$disconnect` as proxy events, each message as it comes
//! and beside others; frames of 32 KiB and messages of 128 KiB at most (1009), none that is binary (1003);
//! `@connections` (410 before `$connect` is answered and after the end, 429 while the client does not
//! read); invocations that nobody waits for, tried again after one minute and two.
//!
//! For jobs: the event source of the template that reads the ledger's stream, with its filters ([`stream`]),
//! invocations' destination for failures, and EventBridge Scheduler's one-time schedules.
//!
//! It differs from the platform in this:
//! - A schedule is on time, where the platform's may be a minute late, and is forgotten when this ends: the stream,
//!   which is read from its beginning then, has it made again.
//! - The WebSocket API is at `/v1/ws` of the same address; deployed, it has an address of its own. It closes
//!   with 1000 for `DELETE @connections`. Of two messages of one millisecond the first has the lower id.
//!   A refused handshake has the function's status and not its body, which the platform does not
//!   document. Signatures are not looked at.
//! - Copies are bounded by [`Settings::copies`]; beyond, a request waits for one. The platform starts
//!   another one up to the account's quota and then answers 429.
//! - A client's leaving is told to a streaming function at its next write, by a connection that breaks.
//!   How soon the platform does that is not documented. Before the head of the answer nobody is told,
//!   here as there.
//! - API Gateway takes bodies of 10 MB and Lambda payloads of 6 MB; both are 413 here. What of a larger
//!   body has been sent is read up to [`front::DRAINED`], so that its sender gets to read the answer.
//! - Time-outs, the limit of an answer's size and its pace are not here.
//! - Names of headers come in lower case. `HEAD` and `OPTIONS` go to the function like any other method;
//!   the deployed API has the methods that its template lists.
//! - The function is found by the table of the gateway Worker, not by the resources of the template.
//!
//! Why not `cargo lambda watch`: its events are those of function URLs (v2), which the deployed API
//! never sends, and it starts no copies by itself. A case of the suite goes through it all the same
//! (`lambda::emulator`), so that the runtime interface is not only ours.

mod asynchronous;
mod copies;
mod event;
mod front;
mod runtime;
mod schedules;
mod services;
mod sockets;
mod stream;
mod template;

use copies::Fleet;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use services::Services;
use sockets::Sockets;
use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc};
use stream::{Database, Mapping};
use template::Template;
use tokio::net::TcpListener;

/// The functions that are run, and their environment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Settings {
    /// Where requests are taken, on loopback.
    pub port: u16,
    /// The binary of each function, by its name such as `chat`.
    pub functions: BTreeMap<String, PathBuf>,
    /// The environment of every function, without what Lambda itself sets.
    pub environment: BTreeMap<String, String>,
    /// Copies of one function at most.
    pub copies: usize,
    /// The address of DynamoDB for whoever reads its streams.
    pub streams: String,
}

/// Serves until the task is dropped; prints `listening on http://127.0.0.1:PORT` when it does.
///
/// # Errors
/// When a port cannot be listened on.
pub async fn serve(settings: Settings) -> io::Result<()> {
    let front = TcpListener::bind(("127.0.0.1", settings.port)).await?;
    let interface = TcpListener::bind(("127.0.0.1", 0)).await?;
    let template = Template::read()?;
    let (sources, environment) = (template.sources()?, settings.environment.clone());
    let streams = settings.streams.clone();
    let fleet = Arc::new(Fleet::new(settings, template, interface.local_addr()?));
    let mappings = sources.into_iter().map(|source| {
        let variable = |name: &str| environment.get(name).cloned().unwrap_or_default();
        let database = Database {
            url: streams.clone(),
            table: variable("OPENCLAW_LEDGER_TABLE"),
            region: variable("AWS_REGION"),
            key: variable("AWS_ACCESS_KEY_ID"),
            client: reqwest::Client::new(),
        };
        Mapping::new(fleet.clone(), source, database)
    });
    let mappings = mappings.collect::<io::Result<Vec<_>>>()?;
    let mappings = join_all(mappings.into_iter().map(Mapping::run));
    eprintln!("listening on http://{}", front.local_addr()?);
    let sockets = Sockets::new(fleet.clone());
    let (copies, services) = (fleet.clone(), Services::new(fleet.clone(), sockets.clone()));
    let services = Arc::new(services);
    tokio::select! {
        _ = mappings => Err(io::Error::other("the streams ended")),
        ended = accept(interface, move |request| {
            runtime::answer(copies.clone(), services.clone(), request)
        }) => ended,
        ended = accept(front, move |request| {
            front::answer(fleet.clone(), sockets.clone(), request)
        }) => ended,
    }
}

/// Answers every request to `listener`; an error of `answer` breaks its connection.
async fn accept<A, F>(listener: TcpListener, answer: A) -> io::Result<()>
where
    A: Fn(http::Request<hyper::body::Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = io::Result<http::Response<front::Body>>> + Send + 'static,
{
    loop {
        let (socket, _) = listener.accept().await?;
        // Without it an event waits up to 40 ms for the acknowledgement of the one before.
        socket.set_nodelay(true)?;
        let service = hyper::service::service_fn(answer.clone());
        tokio::spawn(async move {
            // Connections break where clients leave and copies are killed.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(hyper_util::rt::TokioIo::new(socket), service)
                .with_upgrades()
                .await;
        });
    }
}
