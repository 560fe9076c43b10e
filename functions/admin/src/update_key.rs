use crate::owner::{Caller, owner_of_key};
use axum::extract::State;
use openclaw_schema::key::{Key, UpdateKey};
use openclaw_web::{App, Id, Json, Result};

/// What is absent stays, `null` removes; 400, 404.
pub(crate) async fn update_key(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(change): Json<UpdateKey>,
) -> Result<Json<Key>> {
    let account = owner_of_key(&app, &caller, &id).await?;
    Ok(Json(
        app.directory().update_key(&account, &id, change).await?,
    ))
}
