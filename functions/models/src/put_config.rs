use crate::{config_view::ConfigView, settings::Settings};
use axum::extract::State;
use openclaw_core::{Code, Error};
use openclaw_web::{App, Json, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

/// `PUT /config`.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct PutConfig {
    /// The version that this was made from: 409 where it is not the last one.
    version: u64,
    /// All that shall stand over the file: sections of the configuration but `server`. A provider's row may
    /// have `api_key`, which is sealed and never shown; without it the key of before stays.
    config: Map<String, Value>,
}

/// Replaces what stands over the file. 400 with the path of what is wrong, 409 where it was changed meanwhile.
pub(crate) async fn put_config(
    State(app): State<App>,
    Json(request): Json<PutConfig>,
) -> Result<Json<ConfigView>> {
    let (parsed, ()) = Settings::new(&app)
        .change(|parsed| {
            let last = parsed.overlay.version;
            if request.version != last {
                let message = format!("The configuration has version {last} by now");
                return Err(Error::new(Code::Conflict, message));
            }
            parsed.overlay.config.clone_from(&request.config);
            Ok(())
        })
        .await?;
    Ok(Json(parsed.into()))
}
