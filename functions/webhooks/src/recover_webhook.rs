use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use http::StatusCode;
use openclaw_core::Timestamp;
use openclaw_web::{App, Id, Json, Result};
use openclaw_webhooks::Recovered;
use serde::Deserialize;

/// Since when.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct RecoverWebhook {
    /// Deliveries that failed since then.
    since: Timestamp,
}

/// 202: what failed since then is sent again, at most 1,000 events at a time; 400, 404.
pub(crate) async fn recover_webhook(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Json(RecoverWebhook { since }): Json<RecoverWebhook>,
) -> Result<(StatusCode, Json<Recovered>)> {
    let recovered = webhooks(&app).recover(account(&caller), &id, since).await;
    Ok((StatusCode::ACCEPTED, Json(recovered?)))
}
