use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use openclaw_web::{App, Id, Json, Result};
use openclaw_webhooks::Webhook;

/// One; 404.
pub(crate) async fn get_webhook(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Webhook>> {
    Ok(Json(webhooks(&app).get(account(&caller), &id).await?))
}
