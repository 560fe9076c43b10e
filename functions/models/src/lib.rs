//! `GET /models` and `GET /models/{id}`.

mod get_model;
mod list_models;
#[cfg(feature = "openapi")]
pub mod openapi;
mod view;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::get;
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Routes};

/// The routes.
pub fn router(app: &App) -> Routes {
    let routes = Routes::new()
        .route("/models", get(list_models::list_models))
        // Ids of some vendors have slashes.
        .route("/models/{*id}", get(get_model::get_model));
    AuthLayer::new(app.clone(), Access::Scope(Scope::Models)).protect(routes)
}
