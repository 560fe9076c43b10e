use crate::{config_view::ConfigView, settings::Settings};
use axum::extract::State;
use openclaw_schema::config::overlay::Overlay;
use openclaw_web::{App, Json, Result};
use serde::Deserialize;

/// `POST /config/rollback`.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct RollbackConfig {
    /// The version to go back to; 0 for the file alone.
    version: u64,
}

/// Makes a new version of one of before, with the keys that were sealed then; 400 where it is none any more,
/// 404.
pub(crate) async fn rollback_config(
    State(app): State<App>,
    Json(RollbackConfig { version }): Json<RollbackConfig>,
) -> Result<Json<ConfigView>> {
    let settings = Settings::new(&app);
    let before = match version {
        0 => Overlay::default(),
        version => settings.version(version).await?,
    };
    let (parsed, ()) = settings
        .change(|parsed| {
            parsed.overlay.config.clone_from(&before.config);
            parsed.overlay.credentials.clone_from(&before.credentials);
            Ok(())
        })
        .await?;
    Ok(Json(parsed.into()))
}
