use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use openclaw_web::{App, Id, Json, Result, SecretJson};
use openclaw_webhooks::{NewWebhook, RotateWebhook};

/// The endpoint with a new secret; the old one signs, too, for `grace_period` seconds. 400, 404.
pub(crate) async fn rotate_webhook(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(request): Json<RotateWebhook>,
) -> Result<SecretJson<NewWebhook>> {
    let rotated = webhooks(&app).rotate(account(&caller), &id, &request).await;
    Ok(SecretJson(rotated?))
}
