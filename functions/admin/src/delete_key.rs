use crate::owner::{Caller, manager, owner_of_key};
use axum::extract::State;
use openclaw_schema::list::Deleted;
use openclaw_web::{App, Id, Json, Result};

/// Revokes it, its tokens included, for good; 404.
pub(crate) async fn delete_key(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Deleted>> {
    manager(&caller)?;
    let account = owner_of_key(&app, &caller, &id).await?;
    app.directory().revoke_key(&account, &id).await?;
    Ok(Json(Deleted::new(id, "key")))
}
