//! A handler that panics, and what is under way meanwhile in the same isolate.

use axum::extract::State;
use openclaw_web::{App, Json};
use std::time::Duration;

/// Panics, behind an await as in front of one.
#[allow(clippy::panic, reason = "what it is for")]
pub(crate) async fn panic(State(app): State<App>) {
    app.ports.clock.sleep(Duration::from_millis(50)).await;
    panic!("on purpose");
}

/// Answers after half a second.
pub(crate) async fn slow(State(app): State<App>) -> Json<&'static str> {
    app.ports.clock.sleep(Duration::from_millis(500)).await;
    Json("slow")
}
