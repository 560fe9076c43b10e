//! The models, and for the operator the configuration at run time: providers, models, everything else.

mod config_view;
mod get_config;
mod get_model;
mod list_models;
mod list_versions;
mod model_rows;
#[cfg(feature = "openapi")]
pub mod openapi;
mod providers;
mod put_config;
mod rollback_config;
mod rows;
mod settings;
mod test_provider;
mod view;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::{get, post};
use model_rows::{create_model, delete_model, update_model};
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Routes};
use providers::{create_provider, delete_provider, get_provider, list_providers, update_provider};

/// The routes.
pub fn router(app: &App) -> Routes {
    let models = Routes::new()
        .route("/models", get(list_models::list_models))
        // Ids of some vendors have slashes.
        .route("/models/{*id}", get(get_model::get_model));
    let access = Access::ScopeOrOperator(Scope::Models);
    let operator = AuthLayer::new(app.clone(), Access::Operator).audited();
    Routes::new()
        .merge(AuthLayer::new(app.clone(), access).protect(models))
        .merge(operator.protect(configuration()))
}

/// What the operator changes.
fn configuration() -> Routes {
    Routes::new()
        .route("/models", post(create_model))
        .route(
            "/models/{*id}",
            axum::routing::patch(update_model).delete(delete_model),
        )
        .route("/providers", get(list_providers).post(create_provider))
        .route(
            "/providers/{id}",
            get(get_provider)
                .patch(update_provider)
                .delete(delete_provider),
        )
        .route("/providers/{id}/test", post(test_provider::test_provider))
        .route(
            "/config",
            get(get_config::get_config).put(put_config::put_config),
        )
        .route("/config/history", get(list_versions::list_versions))
        .route("/config/rollback", post(rollback_config::rollback_config))
}
