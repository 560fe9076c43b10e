use crate::caller::{Caller, files};
use axum::extract::State;
use openclaw_schema::upload::{CreateUpload, Upload};
use openclaw_web::{App, Json, Result};

/// 200, as OpenAI has it; 400, 413, 507.
pub(crate) async fn create_upload(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<CreateUpload>,
) -> Result<Json<Upload>> {
    Ok(Json(files(&app, &caller).create_upload(request).await?))
}
