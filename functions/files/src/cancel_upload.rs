use crate::caller::{Caller, files};
use axum::extract::State;
use openclaw_schema::upload::Upload;
use openclaw_web::{App, Id, Json, Result};

/// 404, 409.
pub(crate) async fn cancel_upload(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Upload>> {
    Ok(Json(files(&app, &caller).cancel_upload(&id).await?))
}
