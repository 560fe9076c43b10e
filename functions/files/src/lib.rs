//! Files: uploaded whole or in parts, listed, read, deleted.

mod add_part;
mod caller;
mod cancel_upload;
mod complete_upload;
mod content_disposition;
mod create_upload;
mod delete_file;
mod get_content;
mod get_file;
mod get_text;
mod list_files;
#[cfg(feature = "openapi")]
pub mod openapi;
mod upload_file;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::{get, post};
use openclaw_files::CleanUp;
use openclaw_schema::key::Scope;
use openclaw_usage::{Retention, Upkeep};
use openclaw_web::{Access, App, AuthLayer, Consumers, Routes};
use std::sync::Arc;

/// The routes.
pub fn router(app: &App) -> Routes {
    let routes = Routes::new()
        .route(
            "/files",
            get(list_files::list_files).post(upload_file::upload_file),
        )
        .route("/files/upload", post(upload_file::upload_file))
        .route(
            "/files/{id}",
            get(get_file::get_file).delete(delete_file::delete_file),
        )
        .route("/files/{id}/content", get(get_content::get_content))
        .route("/files/{id}/text", get(get_text::get_text))
        .route("/uploads", post(create_upload::create_upload))
        .route("/uploads/{id}/parts", post(add_part::add_part))
        .route(
            "/uploads/{id}/complete",
            post(complete_upload::complete_upload),
        )
        .route("/uploads/{id}/cancel", post(cancel_upload::cancel_upload));
    AuthLayer::new(app.clone(), Access::Scope(Scope::Files)).protect(routes)
}

/// Who works on jobs about files: those of accounts, and those that old rows of the request log become.
pub fn consumers(app: &App) -> Consumers {
    let limits = app.config.limits.clone();
    let kept = Retention::from(&app.config.analytics);
    vec![
        Arc::new(CleanUp::new(app.ports.clone(), limits)),
        Arc::new(Upkeep::new(app.ports.clone(), kept)),
    ]
}
