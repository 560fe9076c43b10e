//! What the operator changes of models.

use crate::{
    rows::{Row, RowView, Rows},
    settings::Settings,
};
use axum::extract::State;
use http::StatusCode;
use openclaw_schema::list::Deleted;
use openclaw_web::{App, Id, Json, Result};

/// 201; 400, 409.
pub(crate) async fn create_model(
    State(app): State<App>,
    Json(row): Json<Row>,
) -> Result<(StatusCode, Json<RowView>)> {
    let made = Rows::Models.create(Settings::new(&app), row).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// What is absent stays, `null` removes; 400, 404.
pub(crate) async fn update_model(
    State(app): State<App>,
    Id(id): Id,
    Json(change): Json<Row>,
) -> Result<Json<RowView>> {
    let settings = Settings::new(&app);
    Ok(Json(Rows::Models.update(settings, &id, change).await?))
}

/// The file's or the catalog's counts again; 404, 409 for one of theirs.
pub(crate) async fn delete_model(State(app): State<App>, Id(id): Id) -> Result<Json<Deleted>> {
    Rows::Models.delete(Settings::new(&app), &id).await?;
    Ok(Json(Deleted::new(id, "model")))
}
