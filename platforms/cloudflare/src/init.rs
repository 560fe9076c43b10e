//! How the wasm of an isolate starts, and starts anew: an abort (a stack that is too deep, memory that is
//! used up) leaves nothing of its memory to go on with, so the next call finds a new instance.

use crate::glue;
use std::panic;
use wasm_bindgen::{handler, prelude::wasm_bindgen};

#[wasm_bindgen(start, private)]
fn start() {
    panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&format!("Rust: {panic}").into());
    }));
    handler::set_on_abort(handler::schedule_reinit);
    glue::started();
}

/// Which instance this is: what was made by another one is gone.
#[wasm_bindgen]
pub fn instance() -> u32 {
    glue::instance()
}
