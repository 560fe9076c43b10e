use axum::extract::State;
use openclaw_schema::list::Deleted;
use openclaw_web::{App, Id, Json, Result};

/// Revokes the account's keys too; 404.
pub(crate) async fn delete_account(State(app): State<App>, Id(id): Id) -> Result<Json<Deleted>> {
    app.directory().delete_account(&id).await?;
    Ok(Json(Deleted::new(id, "account")))
}
