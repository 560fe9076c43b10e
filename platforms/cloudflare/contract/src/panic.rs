//! A handler that panics, and one that runs meanwhile in the same isolate.

use axum::extract::State;
use openclaw_web::{App, Json};
use std::time::Duration;

/// Panics after an await.
#[allow(clippy::panic, reason = "the test needs a panic")]
pub(crate) async fn panic(State(app): State<App>) {
    app.ports.clock.sleep(Duration::from_millis(50)).await;
    panic!("on purpose");
}

/// Answers after half a second.
pub(crate) async fn slow(State(app): State<App>) -> Json<&'static str> {
    app.ports.clock.sleep(Duration::from_millis(500)).await;
    Json("slow")
}
