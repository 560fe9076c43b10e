//! What functions call beside the Runtime API: `@connections`, Lambda's Invoke, EventBridge Scheduler.

use super::{
    asynchronous,
    copies::Fleet,
    front::{Body, full},
    schedules::Schedules,
    sockets::{MESSAGE, Sockets},
};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use std::{io, sync::Arc};
use tokio_tungstenite::tungstenite::Message;

/// All of them.
pub(super) struct Services {
    fleet: Arc<Fleet>,
    sockets: Arc<Sockets>,
    schedules: Schedules,
}

impl Services {
    pub(super) fn new(fleet: Arc<Fleet>, sockets: Arc<Sockets>) -> Self {
        Self {
            schedules: Schedules::new(fleet.clone()),
            fleet,
            sockets,
        }
    }

    /// Answers a call; an error where there is no such.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let (method, path) = (parts.method.as_str(), parts.uri.path());
        let status = if let Some((_, id)) = path.split_once("/@connections/") {
            self.connection(method, id, &body)
        } else if let Some(name) = invoked(path) {
            let event = text(&body);
            tokio::spawn(asynchronous::invoke(
                self.fleet.clone(),
                name.to_owned(),
                event,
            ));
            StatusCode::ACCEPTED
        } else if let Some(name) = path.strip_prefix("/schedules/") {
            self.schedules.create(name, &body)
        } else {
            return Err(io::Error::other("no such call"));
        };
        let mut response = Response::new(full(""));
        *response.status_mut() = status;
        Ok(response)
    }

    fn connection(&self, method: &str, id: &str, body: &[u8]) -> StatusCode {
        let id = id
            .replace("%3D", "=")
            .replace("%2B", "+")
            .replace("%2F", "/");
        match (method, body.len()) {
            ("DELETE", _) => self.sockets.close(&id),
            ("POST", ..=MESSAGE) => self.sockets.post(&id, Message::text(text(body))),
            _ => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

/// The function that Lambda's Invoke is called for.
fn invoked(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/2015-03-31/functions/openclaw-")?;
    name.strip_suffix("/invocations")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
