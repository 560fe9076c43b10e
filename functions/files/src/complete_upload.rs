use crate::caller::{Caller, files};
use axum::extract::State;
use openclaw_schema::upload::{CompleteUpload, Upload};
use openclaw_web::{App, Id, Json, Result};

/// The upload with its file; 400, 404, 409.
pub(crate) async fn complete_upload(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(request): Json<CompleteUpload>,
) -> Result<Json<Upload>> {
    let files = files(&app, &caller);
    Ok(Json(files.complete_upload(&id, &request).await?))
}
