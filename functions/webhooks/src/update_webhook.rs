use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use openclaw_web::{App, Id, Json, Result};
use openclaw_webhooks::{UpdateWebhook, Webhook};

/// The endpoint after the change; 400, 404.
pub(crate) async fn update_webhook(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(request): Json<UpdateWebhook>,
) -> Result<Json<Webhook>> {
    let updated = webhooks(&app).update(account(&caller), &id, request).await;
    Ok(Json(updated?))
}
