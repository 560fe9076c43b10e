use super::{background::cancel, store::Stored};
use axum::{Extension, extract::State};
use openclaw_web::{App, Id, Json, RequestQuota, Result};
use serde_json::Value;

/// `GET /responses/{id}`: as it was answered, or how far it is.
pub(crate) async fn read_response(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<Value>> {
    let account = &gate.caller().account.id;
    let (stored, _) = Stored::find(&app.ports, account, &id).await?;
    Ok(Json(stored.response))
}

/// `POST /responses/{id}/cancel`: what is over cannot be cancelled.
pub(crate) async fn cancel_response(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<Value>> {
    let account = &gate.caller().account.id;
    Ok(Json(cancel(&app, account, &id).await?))
}
