use crate::{config_view::ConfigView, settings::Settings};
use axum::extract::State;
use openclaw_web::{App, Json, Result};

/// The file's configuration, what stands over it, and what counts.
pub(crate) async fn get_config(State(app): State<App>) -> Result<Json<ConfigView>> {
    Ok(Json(Settings::new(&app).current().await?.into()))
}
