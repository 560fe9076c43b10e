use crate::view::ModelView;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use openclaw_core::Error;
use openclaw_web::{App, Id, Json, Result};

/// One model; 404.
pub(crate) async fn get_model(State(app): State<App>, Id(id): Id) -> Result<Response> {
    let model = app.providers.model(&id);
    let model = model.ok_or_else(|| Error::not_found(format_args!("model '{id}'")))?;
    Ok(Json(ModelView::from(&*model)).into_response())
}
