use super::store::Stored;
use axum::{Extension, extract::State};
use openclaw_core::Error;
use openclaw_web::{App, Id, Json, RequestQuota, Result};
use serde_json::Value;

/// `GET /responses/{id}`: as it was answered.
pub(crate) async fn read_response(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<Value>> {
    let account = &gate.caller().account.id;
    let stored = Stored::find(&app.ports, account, &id).await?;
    Ok(Json(stored.response))
}

/// `POST /responses/{id}/cancel`: what is over cannot be cancelled.
pub(crate) async fn cancel_response(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<Value>> {
    let account = &gate.caller().account.id;
    Stored::find(&app.ports, account, &id).await?;
    let issue = "is over: only a response in the background can be cancelled";
    Err(Error::invalid("id", issue).into())
}
