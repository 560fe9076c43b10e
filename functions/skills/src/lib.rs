//! Skills: installed, changed, executed, and offered as an MCP server.

mod call_mcp;
mod context;
mod create_skill;
mod delete_skill;
mod execute_skill;
mod get_skill;
mod list_executions;
mod list_skills;
mod manifest_body;
#[cfg(feature = "openapi")]
pub mod openapi;
mod put_secrets;
mod refresh_skill;
mod replace_skill;
mod run;
mod update_skill;
mod view;
#[cfg(feature = "worker")]
mod worker;

use axum::{
    Extension,
    routing::{MethodRouter, get, post, put},
};
use context::SkillsContext;
use openclaw_core::Http;
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Routes};
use std::sync::Arc;

/// The routes. `chat` leads to the gateway's own chat endpoints: prompt skills call them.
pub fn router(app: &App, chat: Arc<dyn Http>) -> Routes {
    let context = SkillsContext::new(app, chat);
    let with = |methods: MethodRouter<App>| methods.layer(Extension(context.clone()));
    let skills = Routes::new()
        .route(
            "/skills",
            with(get(list_skills::list_skills).post(create_skill::create_skill)),
        )
        .route(
            "/skills/{id}",
            with(
                get(get_skill::get_skill)
                    .put(replace_skill::replace_skill)
                    .patch(update_skill::update_skill)
                    .delete(delete_skill::delete_skill),
            ),
        )
        .route("/skills/{id}/secrets", with(put(put_secrets::put_secrets)))
        .route(
            "/skills/{id}/refresh",
            with(post(refresh_skill::refresh_skill)),
        )
        .route(
            "/skills/{id}/executions",
            with(get(list_executions::list_executions)),
        );
    let executed = Routes::new()
        .route(
            "/skills/{id}/execute",
            with(post(execute_skill::execute_skill)),
        )
        .route("/mcp", with(post(call_mcp::call_mcp)));
    let layer = AuthLayer::new(app.clone(), Access::Scope(Scope::Skills));
    let counting = layer.clone().counted_by_handler();
    Routes::new()
        .merge(layer.protect(skills))
        .merge(counting.protect(executed))
}
