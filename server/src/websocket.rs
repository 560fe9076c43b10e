//! `GET /ws`: sessions on tokio. One task a session; a connection that goes on with another session
//! moves to that one's task.

mod connection;
mod task;

use self::{
    connection::Connection,
    task::{Attach, Task},
};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use openclaw_core::id;
use openclaw_function_realtime::{Limits, SESSION, SessionAuth, SessionBackend, no_upgrade};
use openclaw_web::ApiError;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc::UnboundedSender, time::timeout};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// All sessions of the process.
#[derive(Clone)]
pub(crate) struct Sessions {
    backend: SessionBackend,
    limits: Limits,
    open: Arc<Mutex<HashMap<String, UnboundedSender<Box<Attach>>>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Sessions {
    pub(crate) fn new(backend: SessionBackend, limits: Limits, stop: CancellationToken) -> Self {
        Self {
            backend,
            limits,
            open: Arc::default(),
            tasks: TaskTracker::new(),
            stop,
        }
    }

    /// Waits, at most `grace`, until all sessions have ended, which they were asked to; whether they have.
    pub(crate) async fn wait(&self, grace: Duration) -> bool {
        self.tasks.close();
        timeout(grace, self.tasks.wait()).await.is_ok()
    }

    fn find(&self, id: &str) -> Option<UnboundedSender<Box<Attach>>> {
        self.lock().get(id).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, UnboundedSender<Box<Attach>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the session of a connection that `upgrade` is going to be.
    fn start(&self, upgrade: hyper::upgrade::OnUpgrade, auth: Option<SessionAuth>) {
        let id = id::new(&*self.backend.app().ports.random, SESSION);
        let sessions = self.clone();
        self.tasks.spawn(async move {
            let connection = match upgrade.await {
                Ok(upgraded) => Connection::new(upgraded).await,
                Err(_) => None,
            };
            match (connection, auth) {
                (Some(connection), auth) => Task::new(id, connection, sessions).run(auth).await,
                (None, Some(auth)) => task::release(sessions.backend, auth).await,
                (None, None) => {}
            }
        });
    }
}

/// The handshake (RFC 6455, 4.2); 400, 401, 403, 429.
pub(crate) async fn connect(State(sessions): State<Sessions>, mut request: Request) -> Response {
    let Some(accept) = accept(request.headers()) else {
        return no_upgrade().await.into_response();
    };
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    match sessions.backend.handshake(&parts).await {
        Err(error) => ApiError(error).into_response(),
        Ok(auth) => {
            sessions.start(upgrade, auth);
            let headers = [
                (header::CONNECTION, HeaderValue::from_static("upgrade")),
                (header::UPGRADE, HeaderValue::from_static("websocket")),
                (header::SEC_WEBSOCKET_ACCEPT, accept),
            ];
            (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
        }
    }
}

/// `Sec-WebSocket-Accept` for what is a handshake.
fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name, wanted: &str| {
        let values = headers.get_all(name).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        values
            .flat_map(|value| value.split(','))
            .any(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let is_handshake = has(header::UPGRADE, "websocket")
        && has(header::CONNECTION, "upgrade")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    is_handshake.then(|| HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok())?
}
