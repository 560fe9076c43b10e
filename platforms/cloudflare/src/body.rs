//! Bodies from JavaScript and to JavaScript, as bytes.

use crate::glue::{self, Pieces};
use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::{Stream, StreamExt, stream};
use js_sys::{Promise, Uint8Array};
use std::{
    cell::{Cell, RefCell},
    panic::AssertUnwindSafe,
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::ReadableStream;

/// A whole body by the promise of its `ArrayBuffer`.
pub(crate) async fn whole(buffer: Result<Promise, JsValue>) -> Result<Bytes, String> {
    let buffer = match buffer {
        Ok(buffer) => JsFuture::from(buffer).await,
        Err(error) => Err(error),
    };
    let buffer = buffer.map_err(thrown)?;
    Ok(Uint8Array::new(&buffer).to_vec().into())
}

/// A body in the pieces that it comes in.
pub(crate) fn pieces(body: &ReadableStream) -> impl Stream<Item = Result<Bytes, String>> + use<> {
    match Pieces::new(body) {
        Err(error) => stream::once(async move { Err(thrown(error)) }).left_stream(),
        Ok(pieces) => stream::try_unfold(pieces, |pieces| async {
            let piece = JsFuture::from(pieces.next()).await;
            let piece = piece.map_err(thrown)?;
            if piece.is_undefined() {
                return Ok(None);
            }
            let bytes = piece.unchecked_into::<Uint8Array>().to_vec();
            Ok(Some((bytes.into(), pieces)))
        })
        .right_stream(),
    }
}

/// What JavaScript threw, as text: an error of a body goes to where it must be `Send`.
fn thrown(error: JsValue) -> String {
    worker::Error::from(error).to_string()
}

/// A body whose reader asks for the pieces one by one. A reader that stops ends `pieces`, also while it
/// waits for one.
pub(crate) fn stream(
    pieces: impl Stream<Item = Result<Bytes, JsValue>> + 'static,
) -> ReadableStream {
    let (end, ended) = oneshot::channel::<()>();
    let pieces = pieces.take_until(ended).boxed_local();
    let (end, pieces) = (Cell::new(Some(end)), Rc::new(RefCell::new(Some(pieces))));
    let next = move |goes_on: bool| {
        let taken = pieces.take();
        let Some(mut taken) = taken.filter(|_| goes_on) else {
            drop(end.take());
            return JsValue::UNDEFINED;
        };
        let pieces = pieces.clone();
        let piece = future_to_promise(AssertUnwindSafe(async move {
            let Some(piece) = taken.next().await.transpose()? else {
                return Ok(JsValue::UNDEFINED);
            };
            pieces.replace(Some(taken));
            Ok(Uint8Array::from(&piece[..]).into())
        }));
        piece.into()
    };
    let next: Box<dyn Fn(bool) -> JsValue> = Box::new(next);
    let next = Closure::wrap_assert_unwind_safe(next).into_js_value();
    glue::stream(next.unchecked_ref())
}
