use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use openclaw_web::{App, Id, Json, Result};
use openclaw_webhooks::DeliveryDetail;

/// One, with its payload and attempts; 404.
pub(crate) async fn get_delivery(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<DeliveryDetail>> {
    Ok(Json(webhooks(&app).delivery(account(&caller), &id).await?))
}
