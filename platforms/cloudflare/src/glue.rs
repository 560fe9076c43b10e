//! The functions of `glue.mjs`, and heads as text.

use http::{HeaderMap, HeaderName, HeaderValue};
use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{AbortSignal, ReadableStream, Request, Response};

#[wasm_bindgen(module = "/src/glue.mjs")]
extern "C" {
    pub(crate) fn incoming(request: &Request) -> String;

    #[wasm_bindgen(catch)]
    pub(crate) fn outgoing(status: u16, head: &str, body: JsValue) -> Result<Response, JsValue>;

    #[wasm_bindgen(catch)]
    pub(crate) fn send(
        service: &JsValue,
        method: &str,
        url: &str,
        head: &str,
        body: JsValue,
        signal: &AbortSignal,
    ) -> Result<Promise, JsValue>;

    pub(crate) fn stream(next: &Function) -> ReadableStream;

    pub(crate) fn received(response: &Response) -> String;

    #[wasm_bindgen(js_name = sendJobs)]
    pub(crate) fn send_jobs(env: &JsValue, binding: &str, messages: Array);

    pub(crate) fn rs256(key: Uint8Array, message: Uint8Array) -> Promise;

    pub(crate) type Pieces;

    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new(body: &ReadableStream) -> Result<Pieces, JsValue>;

    #[wasm_bindgen(method)]
    pub(crate) fn next(this: &Pieces) -> Promise;
}

/// Headers as the lines of a head.
pub(crate) fn head(headers: &HeaderMap) -> String {
    let mut head = String::with_capacity(64 * headers.len());
    for (name, value) in headers {
        // A value that is no UTF-8 is read as Latin-1, as JavaScript does (Fetch, "isomorphic decode").
        let value: String = match value.to_str() {
            Ok(value) => value.into(),
            Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
        };
        head.extend([name.as_str(), "\n", &value, "\n"]);
    }
    head
}

/// The headers among the lines of a head.
pub(crate) fn headers<'a>(mut lines: impl Iterator<Item = &'a str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        let name = HeaderName::from_bytes(name.as_bytes());
        // The platform has read them: all are names and values.
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
    }
    headers
}

/// The number that a header holds.
pub(crate) fn length(headers: &HeaderMap) -> Option<usize> {
    let value = headers.get(http::header::CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_as_it_went() {
        let mut given = HeaderMap::new();
        given.append("set-cookie", HeaderValue::from_static("a=1"));
        given.append("set-cookie", HeaderValue::from_static(""));
        given.append("x-request-id", HeaderValue::from_static("req_1"));
        assert_eq!(headers(head(&given).lines()), given);
    }

    #[test]
    fn bytes_beyond_ascii_are_read_as_javascript_does() {
        let mut given = HeaderMap::new();
        given.append("x", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        assert_eq!(head(&given), "x\ncafé\n");
    }
}
