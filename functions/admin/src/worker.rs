//! The entry on Cloudflare Workers.

use js_sys::Promise;
use openclaw_cloudflare::{Context, Endpoints, Env, serve};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Request;

#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript calls it")]
pub fn fetch(request: Request, env: Env, context: Context) -> Promise {
    serve(request, env, context, Endpoints::new(crate::router))
}
