//! Files: uploaded, listed, read, deleted.

mod caller;
mod content_disposition;
mod delete_file;
mod get_content;
mod get_file;
mod list_files;
mod upload_file;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::{get, post};
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Routes};

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
        .route("/files/{id}/content", get(get_content::get_content));
    AuthLayer::new(app.clone(), Access::Scope(Scope::Files)).protect(routes)
}
