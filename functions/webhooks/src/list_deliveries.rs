use crate::{
    caller::{Caller, account},
    webhooks,
};
use axum::extract::State;
use openclaw_schema::list::{List, Page};
use openclaw_web::{App, Id, Json, Query, Result};
use openclaw_webhooks::{Delivery, DeliveryFilter};

/// Those to all endpoints, the newest first.
pub(crate) async fn list_deliveries(
    State(app): State<App>,
    caller: Caller,
    Query(filter): Query<DeliveryFilter>,
    Query(page): Query<Page>,
) -> Result<Json<List<Delivery>>> {
    let (account, webhooks) = (account(&caller), webhooks(&app));
    Ok(Json(webhooks.deliveries(account, &filter, &page).await?))
}

/// Those to one endpoint; 404.
pub(crate) async fn list_webhook_deliveries(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id,
    Query(filter): Query<DeliveryFilter>,
    Query(page): Query<Page>,
) -> Result<Json<List<Delivery>>> {
    let (account, webhooks) = (account(&caller), webhooks(&app));
    webhooks.get(account, &id).await?;
    let filter = DeliveryFilter {
        webhook: Some(id),
        ..filter
    };
    Ok(Json(webhooks.deliveries(account, &filter, &page).await?))
}
