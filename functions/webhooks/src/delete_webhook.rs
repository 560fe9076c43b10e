use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use openclaw_schema::list::Deleted;
use openclaw_web::{App, Id, Json, Result};

/// Removes one; 404. Its deliveries are still shown.
pub(crate) async fn delete_webhook(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Deleted>> {
    webhooks(&app).delete(account(&caller), &id).await?;
    Ok(Json(Deleted::new(id, "webhook")))
}
