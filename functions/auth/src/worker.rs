//! The entry on Cloudflare Workers.

use openclaw_cloudflare::{Endpoints, serve};
use worker::{
    Context, Env, Result, event,
    web_sys::{Request, Response},
};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    let endpoints = Endpoints::new(|_| crate::router()).for_operator();
    serve(request, env, context, endpoints).await
}
