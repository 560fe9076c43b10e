//! The entry on Cloudflare Workers.

use openclaw_cloudflare::serve;
use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    serve(request, env, context, crate::router).await
}
