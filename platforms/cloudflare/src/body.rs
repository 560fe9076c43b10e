//! Bodies: bytes that come from JavaScript.

use crate::glue::{Pieces, thrown};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use worker::{
    js_sys::{Promise, Uint8Array},
    wasm_bindgen::{JsCast, JsValue},
    wasm_bindgen_futures::JsFuture,
    web_sys::ReadableStream,
};

/// A whole body by the promise of its `ArrayBuffer`.
pub(crate) async fn whole(buffer: Result<Promise, JsValue>) -> Result<Bytes, String> {
    let buffer = match buffer {
        Ok(buffer) => JsFuture::from(buffer).await,
        Err(error) => Err(error),
    };
    let buffer = buffer.map_err(|error| thrown(&error))?;
    Ok(Uint8Array::new(&buffer).to_vec().into())
}

/// A body in the pieces that it comes in.
pub(crate) fn pieces(body: &ReadableStream) -> impl Stream<Item = Result<Bytes, String>> + use<> {
    match Pieces::new(body) {
        Err(error) => stream::once(async move { Err(thrown(&error)) }).left_stream(),
        Ok(pieces) => stream::try_unfold(pieces, |pieces| async {
            let piece = JsFuture::from(pieces.next()).await;
            let piece = piece.map_err(|error| thrown(&error))?;
            if piece.is_undefined() {
                return Ok(None);
            }
            let bytes = piece.unchecked_into::<Uint8Array>().to_vec();
            Ok(Some((bytes.into(), pieces)))
        })
        .right_stream(),
    }
}
