//! The entry on Cloudflare Workers.

use openclaw_cloudflare::{Context, Endpoints, Env, serve};
use worker::{
    js_sys::Promise,
    wasm_bindgen::{self, prelude::wasm_bindgen},
    web_sys::Request,
};

#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript calls it")]
pub fn fetch(request: Request, env: Env, context: Context) -> Promise {
    serve(
        request,
        env,
        context,
        Endpoints::with_models(|_| crate::router()),
    )
}
