//! The entry on Cloudflare Workers.

use openclaw_cloudflare::{Endpoints, serve};
use worker::{
    Context, Env, Result, event,
    web_sys::{Request, Response},
};

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    serve(
        request,
        env,
        context,
        Endpoints::with_models(|_| crate::router())
            .for_anybody()
            .beside(crate::beside),
    )
    .await
}
