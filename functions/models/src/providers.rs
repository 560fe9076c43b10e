//! `/providers`, one handler for each of its verbs: the same as for models.

use crate::{
    rows::{Row, RowView, Rows},
    settings::Settings,
};
use axum::extract::State;
use http::StatusCode;
use openclaw_schema::list::{Deleted, List};
use openclaw_web::{App, Id, Json, Result};

/// All of them, on one page.
pub(crate) async fn list_providers(State(app): State<App>) -> Result<Json<List<RowView>>> {
    let parsed = Settings::new(&app).current().await?;
    Ok(Json(List::whole(Rows::Providers.all(&parsed))))
}

/// 201; 400, 409.
pub(crate) async fn create_provider(
    State(app): State<App>,
    Json(row): Json<Row>,
) -> Result<(StatusCode, Json<RowView>)> {
    let made = Rows::Providers.create(Settings::new(&app), row).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// One; 404.
pub(crate) async fn get_provider(State(app): State<App>, Id(id): Id) -> Result<Json<RowView>> {
    let parsed = Settings::new(&app).current().await?;
    Ok(Json(Rows::Providers.one(&parsed, &id)?))
}

/// What is absent stays, `null` removes; 400, 404.
pub(crate) async fn update_provider(
    State(app): State<App>,
    Id(id): Id,
    Json(change): Json<Row>,
) -> Result<Json<RowView>> {
    let settings = Settings::new(&app);
    Ok(Json(Rows::Providers.update(settings, &id, change).await?))
}

/// The file's or the catalog's counts again; 404, 409 for one of theirs.
pub(crate) async fn delete_provider(State(app): State<App>, Id(id): Id) -> Result<Json<Deleted>> {
    Rows::Providers.delete(Settings::new(&app), &id).await?;
    Ok(Json(Deleted::new(id, "provider")))
}
