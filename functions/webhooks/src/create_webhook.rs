use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use http::StatusCode;
use openclaw_web::{App, Json, Result, SecretJson};
use openclaw_webhooks::{CreateWebhook, NewWebhook};

/// 201, with the secret for the only time; 400, 409 where the account has 20.
pub(crate) async fn create_webhook(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<CreateWebhook>,
) -> Result<(StatusCode, SecretJson<NewWebhook>)> {
    let webhook = webhooks(&app).create(account(&caller), request).await?;
    Ok((StatusCode::CREATED, SecretJson(webhook)))
}
