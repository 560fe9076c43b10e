//! The entry on Cloudflare Workers.

use openclaw_cloudflare::{Endpoints, NamedService, consume, serve};
use openclaw_core::{BoxFuture, Http, HttpError, HttpRequest, HttpResponse};
use openclaw_web::{App, Consumers};
use std::sync::Arc;
use worker::{
    Context, Env, MessageBatch, Result, event,
    web_sys::{Request, Response},
};

const ENDPOINTS: Endpoints = Endpoints::with_models(crate::router).consuming(consumers);

/// The Workers that answer chats, and those that execute skills.
struct Gateway;

impl Http for Gateway {
    fn send(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, std::result::Result<HttpResponse, HttpError>> {
        let service = match request.uri().path().starts_with("/v1/skills/") {
            true => "SKILLS",
            false => "CHAT",
        };
        NamedService(service).send(request)
    }
}

fn consumers(app: &App) -> Consumers {
    crate::consumers(app, Arc::new(Gateway))
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    serve(request, env, context, ENDPOINTS).await
}

#[event(queue)]
async fn queue(batch: MessageBatch<String>, env: Env, context: Context) -> Result<()> {
    consume(batch, env, context, ENDPOINTS).await
}
