//! The entry on Cloudflare Workers.

use openclaw_cloudflare::{Endpoints, consume, serve};
use worker::{
    Context, Env, MessageBatch, Result, event,
    web_sys::{Request, Response},
};

const ENDPOINTS: Endpoints = Endpoints::with_models(crate::router)
    .sealing()
    .consuming(crate::consumers);

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    serve(request, env, context, ENDPOINTS).await
}

#[event(queue)]
async fn queue(batch: MessageBatch<String>, env: Env, context: Context) -> Result<()> {
    consume(batch, env, context, ENDPOINTS).await
}
