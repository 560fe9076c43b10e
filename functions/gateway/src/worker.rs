//! The entry on Cloudflare Workers.

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    let binding = crate::function(&request.path());
    env.service(binding)?.fetch_request(request).await
}
