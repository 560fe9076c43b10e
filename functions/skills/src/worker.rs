//! The entry on Cloudflare Workers.

use openclaw_cloudflare::{Endpoints, NamedService, serve};
use openclaw_web::{App, Routes};
use std::sync::Arc;
use worker::{
    Context, Env, Result, event,
    web_sys::{Request, Response},
};

/// The Worker that answers chats.
const CHAT: &str = "CHAT";

fn routes(app: &App) -> Routes {
    crate::router(app, Arc::new(NamedService(CHAT)))
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    serve(request, env, context, Endpoints::new(routes).sealing()).await
}
