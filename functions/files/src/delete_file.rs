use crate::caller::{Caller, files};
use axum::extract::State;
use openclaw_schema::list::Deleted;
use openclaw_web::{App, Id, Json, Result};

/// Its bytes are gone with it; 404.
pub(crate) async fn delete_file(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Deleted>> {
    files(&app, &caller).delete(&id).await?;
    Ok(Json(Deleted::new(id, "file")))
}
