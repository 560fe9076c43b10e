//! The Runtime API, as each copy sees it: below the number of the copy. Other services that a function
//! calls are beside it.

use super::{
    copies::{Answer, Fleet},
    front::{Body, full},
    services::Services,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::{
    io,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;

/// The longest that a function may take, as Lambda allows it.
const TIMEOUT: Duration = Duration::from_secs(900);
/// In the trailers of an answer that ends in an error.
const ERROR: &str = "lambda-runtime-function-error-type";

/// Answers one call of a copy; an error breaks its connection.
pub(super) async fn answer(
    fleet: Arc<Fleet>,
    services: Arc<Services>,
    request: Request<Incoming>,
) -> io::Result<Response<Body>> {
    let path = request.uri().path().to_owned();
    let mut segments = path.trim_start_matches('/').split('/');
    let Some(number) = segments.next().and_then(|number| number.parse().ok()) else {
        return services.answer(request).await;
    };
    let worker = fleet.worker(number);
    let worker = worker.ok_or_else(|| io::Error::other("no such copy"))?;
    match Vec::from_iter(segments).as_slice() {
        [_, "runtime", "invocation", "next"] => {
            let invocation = fleet.next(&worker).await;
            let invocation = invocation.ok_or_else(|| io::Error::other("the copy ended"))?;
            let (id, event) = worker.begin(invocation);
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let deadline = now.map_err(io::Error::other)? + TIMEOUT;
            Response::builder()
                .header("lambda-runtime-aws-request-id", &id)
                .header(
                    "lambda-runtime-deadline-ms",
                    deadline.as_millis().to_string(),
                )
                .header("lambda-runtime-invoked-function-arn", worker.arn())
                .header("content-type", "application/json")
                .body(full(event))
                .map_err(io::Error::other)
        }
        [_, "runtime", "invocation", id, "response"] => {
            let waiting = worker.waiting(id);
            let (parts, body) = request.into_parts();
            let (pieces, received) = mpsc::channel(1);
            if let Some(waiting) = waiting {
                // Who left is noticed by the first piece.
                let _ = waiting.send(Answer {
                    headers: parts.headers,
                    body: received,
                });
            }
            pass(body, pieces).await.map(|()| accepted())
        }
        [_, "runtime", "invocation", id, "error"] => {
            drop(worker.waiting(id));
            said(request).await.map(|()| accepted())
        }
        [_, "runtime", "init", "error"] => said(request).await.map(|()| accepted()),
        _ => Err(io::Error::other("no such call")),
    }
}

fn accepted() -> Response<Body> {
    let mut response = Response::new(full("{\"status\":\"OK\"}"));
    *response.status_mut() = http::StatusCode::ACCEPTED;
    response
}

/// An error of the function, into the log.
async fn said(request: Request<Incoming>) -> io::Result<()> {
    let text = request
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    eprintln!("a function failed: {}", String::from_utf8_lossy(&text));
    Ok(())
}

/// Hands an answer on as it comes; an error once nobody takes it any more.
async fn pass(mut body: Incoming, pieces: mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    while let Some(frame) = body.frame().await {
        let piece = match frame.map_err(io::Error::other) {
            Ok(frame) => match frame.into_data() {
                Ok(data) => Ok(data),
                Err(frame) => match frame.trailers_ref() {
                    Some(trailers) if trailers.contains_key(ERROR) => {
                        Err(io::Error::other("the function failed"))
                    }
                    _ => continue,
                },
            },
            Err(error) => Err(error),
        };
        let sent = pieces.send(piece).await;
        sent.map_err(|_| io::Error::other("the client left"))?;
    }
    Ok(())
}
