//! The entry on Cloudflare Workers.

use openclaw_cloudflare::{Endpoints, serve};
use worker::{
    Context, Env, Result, event,
    web_sys::{Request, Response},
};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    let endpoints = Endpoints::with_models(crate::router);
    serve(request, env, context, endpoints.for_operator().sealing()).await
}
