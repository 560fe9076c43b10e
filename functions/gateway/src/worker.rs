//! The entry on Cloudflare Workers.
//!
//! It hands the request on and the promise of its answer back as they are, without a future, a conversion
//! or a copy in between: `#[worker::event(fetch)]` would await the answer, one more turn of the event loop
//! a request.

use js_sys::Promise;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use worker::{Env, web_sys::Request};

#[wasm_bindgen]
extern "C" {
    /// A service binding.
    type Service;

    #[wasm_bindgen(method, catch)]
    fn fetch(this: &Service, request: &Request) -> Result<Promise, JsValue>;
}

/// Answers a request: the promise of the function's response.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "JavaScript calls it")]
pub fn fetch(request: &Request, env: Env) -> Result<Promise, JsValue> {
    let service = env.service(crate::function(path(&request.url())))?;
    service.into_rpc::<Service>().fetch(request)
}

/// The path of a serialized URL, without parsing it again.
fn path(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let start = after_scheme.find('/').unwrap_or(after_scheme.len());
    let path = &after_scheme[start..];
    path.split(['?', '#']).next().unwrap_or(path)
}
