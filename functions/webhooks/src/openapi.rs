//! The endpoints, for the OpenAPI document.

use crate::{recover_webhook::RecoverWebhook, test_webhook::TestWebhook};
use openclaw_openapi::{Code, Group, delete, get, json, patch, post};
use openclaw_schema::{
    key::Scope,
    list::{Deleted, List, Page},
};
use openclaw_web::Access;
use openclaw_webhooks::{
    CreateWebhook, Delivery, DeliveryDetail, DeliveryFilter, NewWebhook, Recovered, RotateWebhook,
    UpdateWebhook, Webhook,
};

/// The resources.
#[must_use]
pub fn groups() -> Vec<Group> {
    vec![webhooks(), deliveries()]
}

fn webhooks() -> Group {
    let about = "Endpoints that are told of events.";
    Group::new("webhooks", about, Some(Access::Scope(Scope::Webhooks)))
        .with(
            get(
                "/webhooks",
                "list",
                "List the account's endpoints, all on one page",
            )
            .gives::<List<Webhook>>(200),
        )
        .with(
            post(
                "/webhooks",
                "create",
                "Create an endpoint, whose secret is shown this once",
            )
            .takes::<CreateWebhook>()
            .example(json!({"url": "https://example.com/hook", "events": ["chat.completed"]}))
            .gives::<NewWebhook>(201)
            .fails(&[Code::Conflict]),
        )
        .with(get("/webhooks/{id}", "get", "Show an endpoint").gives::<Webhook>(200))
        .with(
            patch("/webhooks/{id}", "update", "Change an endpoint")
                .about("What is absent stays, `null` removes.")
                .takes::<UpdateWebhook>()
                .example(json!({"status": "disabled"}))
                .gives::<Webhook>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            delete("/webhooks/{id}", "delete", "Remove an endpoint")
                .gives::<Deleted>(200)
                .fails(&[Code::Conflict]),
        )
        .with(
            post(
                "/webhooks/{id}/rotate",
                "rotate",
                "Give an endpoint a new secret, shown this once",
            )
            .takes::<RotateWebhook>()
            .example(json!({"grace_period": 86400}))
            .gives::<NewWebhook>(200)
            .fails(&[Code::Conflict]),
        )
        .with(
            post(
                "/webhooks/{id}/test",
                "test",
                "Send an event that says it is a test",
            )
            .takes::<TestWebhook>()
            .example(json!({"event": "chat.completed"}))
            .gives::<Delivery>(202),
        )
        .with(
            post(
                "/webhooks/{id}/recover",
                "recover",
                "Send again what failed",
            )
            .takes::<RecoverWebhook>()
            .example(json!({"since": "2026-02-28T12:00:00Z"}))
            .gives::<Recovered>(202),
        )
        .with(
            get(
                "/webhooks/{id}/deliveries",
                "deliveries",
                "List the deliveries to an endpoint",
            )
            .query::<DeliveryFilter>()
            .query::<Page>()
            .gives::<List<Delivery>>(200),
        )
}

fn deliveries() -> Group {
    let (access, about) = (
        Access::Scope(Scope::Webhooks),
        "Events on their way to endpoints.",
    );
    Group::new("webhooks.deliveries", about, Some(access))
        .with(
            get(
                "/webhooks/deliveries",
                "list",
                "List the deliveries, the newest first",
            )
            .query::<DeliveryFilter>()
            .query::<Page>()
            .gives::<List<Delivery>>(200),
        )
        .with(
            get(
                "/webhooks/deliveries/{id}",
                "get",
                "Show a delivery with its attempts",
            )
            .gives::<DeliveryDetail>(200),
        )
        .with(
            post(
                "/webhooks/deliveries/{id}/redeliver",
                "redeliver",
                "Send its event again",
            )
            .gives::<Delivery>(202),
        )
}
