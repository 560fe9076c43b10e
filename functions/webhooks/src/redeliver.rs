use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use http::StatusCode;
use openclaw_web::{App, Id, Json, Result};
use openclaw_webhooks::Delivery;

/// 202: a new delivery of the same event; 400 where its endpoint is disabled, 404.
pub(crate) async fn redeliver(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<(StatusCode, Json<Delivery>)> {
    let sent = webhooks(&app).redeliver(account(&caller), &id).await?;
    Ok((StatusCode::ACCEPTED, Json(sent)))
}
