use super::store::Stored;
use axum::{Extension, extract::State};
use openclaw_web::{App, Id, Json, RequestQuota, Result};
use serde_json::{Value, json};

/// `DELETE /responses/{id}`: it cannot be gone on from any more.
pub(crate) async fn delete_response(
    State(app): State<App>,
    Extension(gate): Extension<RequestQuota>,
    Id(id): Id,
) -> Result<Json<Value>> {
    let account = &gate.caller().account.id;
    Stored::delete(&app.ports, account, &id).await?;
    Ok(Json(
        json!({"id": id, "object": "response", "deleted": true}),
    ))
}
