use crate::view::ModelView;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use openclaw_providers::Cooling;
use openclaw_schema::list::List;
use openclaw_web::{App, Json, RequestQuota, Result};

/// The models whose provider has its credentials, all on one page: the catalog's and the configured ones, then
/// what else is known of these providers, by `provider/model`. The operator, who has no quota, sees their targets.
pub(crate) async fn list_models(
    State(app): State<App>,
    quota: Option<Extension<RequestQuota>>,
) -> Result<Response> {
    let models: Vec<_> = app.providers.listed().collect();
    if quota.is_some() {
        let shown = models.iter().map(|model| ModelView::from(&**model));
        return Ok(Json(List::whole(shown.collect())).into_response());
    }
    let cooling = Cooling::read(&*app.ports.ledger).await?;
    let now = app.ports.clock.now();
    let shown = |model| ModelView::with_targets(model, &app.providers, &cooling, now);
    let shown = models.iter().map(|model| shown(model)).collect();
    Ok(Json(List::whole(shown)).into_response())
}
