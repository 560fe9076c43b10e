//! The entry on Cloudflare Workers.
//!
//! Straight on the platform's own types: the request is handed on and the promise of its answer
//! handed back as they are, without a future, a conversion or a copy in between.

// How its wasm starts, and starts anew.
use openclaw_cloudflare as _;

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use web_sys::Request;

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
pub fn fetch(request: &Request, env: &Object) -> Result<Promise, JsValue> {
    let binding = crate::function(path(&request.url()));
    let service: Service = Reflect::get(env, &binding.into())?.unchecked_into();
    service.fetch(request)
}

/// The path of a serialized URL, without parsing it again.
fn path(url: &str) -> &str {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let start = behind_scheme.find('/').unwrap_or(behind_scheme.len());
    let path = &behind_scheme[start..];
    path.split(['?', '#']).next().unwrap_or(path)
}
