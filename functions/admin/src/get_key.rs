use crate::owner::{Caller, owner_of_key};
use axum::extract::State;
use openclaw_schema::key::Key;
use openclaw_web::{App, Id, Json, Result};

/// One key, without its secret; 404.
pub(crate) async fn get_key(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Key>> {
    let account = owner_of_key(&app, &caller, &id).await?;
    Ok(Json(app.directory().key(&account, &id).await?))
}
