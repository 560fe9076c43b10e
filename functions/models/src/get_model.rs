use crate::view::ModelView;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use openclaw_core::Error;
use openclaw_providers::Cooling;
use openclaw_web::{App, Id, Json, RequestQuota, Result};

/// One model; 404. The operator, who has no quota, sees its targets.
pub(crate) async fn get_model(
    State(app): State<App>,
    quota: Option<Extension<RequestQuota>>,
    Id(id): Id,
) -> Result<Response> {
    let model = app.providers.model(&id);
    let model = model.ok_or_else(|| Error::not_found(format_args!("model '{id}'")))?;
    if quota.is_some() {
        return Ok(Json(ModelView::from(&*model)).into_response());
    }
    let cooling = Cooling::read(&*app.ports.ledger).await?;
    let now = app.ports.clock.now();
    let shown = ModelView::with_targets(&model, &app.providers, &cooling, now);
    Ok(Json(shown).into_response())
}
