//! `GET /models` and `GET /models/{id}`.

mod get_model;
mod list_models;
mod view;
#[cfg(feature = "worker")]
mod worker;

use axum::{Router, routing::get};
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, Guard};

/// The routes.
pub fn router(app: &App) -> Router<App> {
    let routes = Router::new()
        .route("/models", get(list_models::list_models))
        // Ids of some vendors have slashes.
        .route("/models/{*id}", get(get_model::get_model));
    Guard::new(app.clone(), Access::Scope(Scope::Models)).protect(routes)
}
