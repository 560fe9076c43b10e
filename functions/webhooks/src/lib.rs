//! Webhooks: their endpoints, and what was delivered to them.

mod caller;
mod create_webhook;
mod delete_webhook;
mod get_delivery;
mod get_webhook;
mod list_deliveries;
mod list_webhooks;
#[cfg(feature = "openapi")]
pub mod openapi;
mod recover_webhook;
mod redeliver;
mod rotate_webhook;
mod test_webhook;
mod update_webhook;
#[cfg(feature = "worker")]
mod worker;

use axum::routing::{get, post};
use openclaw_schema::key::Scope;
use openclaw_web::{Access, App, AuthLayer, Consumers, Routes};
use openclaw_webhooks::{Deliver, FanOut, Webhooks};
use std::sync::Arc;

/// The routes.
pub fn router(app: &App) -> Routes {
    let routes = Routes::new()
        .route(
            "/webhooks",
            get(list_webhooks::list_webhooks).post(create_webhook::create_webhook),
        )
        .route(
            "/webhooks/deliveries",
            get(list_deliveries::list_deliveries),
        )
        .route("/webhooks/deliveries/{id}", get(get_delivery::get_delivery))
        .route(
            "/webhooks/deliveries/{id}/redeliver",
            post(redeliver::redeliver),
        )
        .route(
            "/webhooks/{id}",
            get(get_webhook::get_webhook)
                .patch(update_webhook::update_webhook)
                .delete(delete_webhook::delete_webhook),
        )
        .route(
            "/webhooks/{id}/deliveries",
            get(list_deliveries::list_webhook_deliveries),
        )
        .route(
            "/webhooks/{id}/recover",
            post(recover_webhook::recover_webhook),
        )
        .route(
            "/webhooks/{id}/rotate",
            post(rotate_webhook::rotate_webhook),
        )
        .route("/webhooks/{id}/test", post(test_webhook::test_webhook));
    AuthLayer::new(app.clone(), Access::Scope(Scope::Webhooks)).protect(routes)
}

/// Who tells the endpoints of events.
pub fn consumers(app: &App) -> Consumers {
    let webhooks = webhooks(app);
    vec![
        Arc::new(FanOut::new(webhooks.clone())),
        Arc::new(Deliver::new(webhooks)),
    ]
}

fn webhooks(app: &App) -> Webhooks {
    let (ports, egress) = (app.ports.clone(), app.egress.clone());
    Webhooks::new(ports, egress, app.sealer.clone())
}
