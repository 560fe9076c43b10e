use crate::get_health::Health;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use openclaw_web::{App, Json};

/// The same as `GET /health`, but 503 while a dependency is down.
pub(crate) async fn get_ready(State(app): State<App>) -> Response {
    let health = Health::of(&app).await;
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health)).into_response()
}
