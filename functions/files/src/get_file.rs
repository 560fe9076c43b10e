use crate::caller::{Caller, files};
use axum::extract::State;
use openclaw_schema::file::File;
use openclaw_web::{App, Id, Json, Result};

/// One file; 404.
pub(crate) async fn get_file(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<File>> {
    Ok(Json(files(&app, &caller).get(&id).await?.show()))
}
