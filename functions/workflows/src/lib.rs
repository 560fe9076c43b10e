//! Workflows: made, changed, run, watched.

mod add_event;
mod caller;
mod cancel_run;
mod context;
mod create_workflow;
mod delete_workflow;
mod get_run;
mod get_step;
mod get_workflow;
mod list_runs;
mod list_workflows;
#[cfg(feature = "openapi")]
pub mod openapi;
mod replace_workflow;
mod rerun;
mod run_events;
mod start_run;
mod update_workflow;
#[cfg(feature = "worker")]
mod worker;

use axum::{
    Extension,
    routing::{MethodRouter, get, post},
};
use caller::KeyCaller;
use context::WorkflowsContext;
use openclaw_core::Http;
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Consumers, Routes};
use openclaw_workflows::{Runner, Scheduler};
use std::sync::Arc;

/// The routes.
pub fn router(app: &App) -> Routes {
    let context = WorkflowsContext::new(app);
    let with = |methods: MethodRouter<App>| methods.layer(Extension(context.clone()));
    let routes = Routes::new()
        .route(
            "/workflows",
            with(get(list_workflows::list_workflows).post(create_workflow::create_workflow)),
        )
        .route(
            "/workflows/{id}",
            with(
                get(get_workflow::get_workflow)
                    .put(replace_workflow::replace_workflow)
                    .patch(update_workflow::update_workflow)
                    .delete(delete_workflow::delete_workflow),
            ),
        )
        .route(
            "/workflows/{id}/runs",
            with(get(list_runs::list_workflow_runs).post(start_run::start_run)),
        )
        .route("/runs", with(get(list_runs::list_runs)))
        .route("/runs/{id}", with(get(get_run::get_run)))
        .route("/runs/{id}/steps/{step}", with(get(get_step::get_step)))
        .route(
            "/runs/{id}/events",
            with(get(run_events::get_events).post(add_event::add_event)),
        )
        .route("/runs/{id}/cancel", with(post(cancel_run::cancel_run)))
        .route("/runs/{id}/rerun", with(post(rerun::rerun)));
    AuthLayer::new(app.clone(), Access::Scope(Scope::Workflows)).protect(routes)
}

/// Who moves runs on, and begins them by the clock. `gateway` leads to the gateway's own endpoints of chats
/// and skills.
pub fn consumers(app: &App, gateway: Arc<dyn Http>) -> Consumers {
    let caller = Arc::new(KeyCaller(app.clone()));
    let (ports, egress) = (app.ports.clone(), app.egress.clone());
    vec![
        Arc::new(Runner::new(ports.clone(), egress, gateway, caller.clone())),
        Arc::new(Scheduler::new(ports, caller)),
    ]
}
