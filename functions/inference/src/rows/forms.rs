//! Forms (`multipart/form-data`), read and written anew.

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use multer::Multipart;
use openclaw_core::{Code, Error, Result};
use openclaw_providers::ForwardContent;
use std::convert::Infallible;

/// The most fields of a form.
const MAX_FIELDS: usize = 64;

/// The boundary that we write: the fields are random or text, so it stands in none of them but by
/// intent, and who intends it harms nobody else.
const BOUNDARY: &str = "openclaw-7f3c9d2ab8e14c56";

/// A field of a form.
pub(super) struct Field {
    pub(super) name: String,
    headers: HeaderMap,
    pub(super) bytes: Bytes,
}

/// Reads a whole form: 415 where it is none, 400 where it is broken.
pub(super) async fn read(headers: &HeaderMap, body: Bytes) -> Result<Vec<Field>> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| {
        let message = "Content-Type must be multipart/form-data with a boundary";
        Error::new(Code::UnsupportedMediaType, message)
    })?;
    let body = stream::once(async { Ok::<_, Infallible>(body) });
    let mut form = Multipart::new(body, boundary);
    let broken = |error: multer::Error| Error::invalid("body", format!("is no form: {error}"));
    let mut fields = vec![];
    while let Some(field) = form.next_field().await.map_err(broken)? {
        if fields.len() == MAX_FIELDS {
            let issue = format!("must have at most {MAX_FIELDS} fields");
            return Err(Error::invalid("body", issue));
        }
        let name = field.name().unwrap_or_default().to_owned();
        let headers = field.headers().clone();
        let bytes = field.bytes().await.map_err(broken)?;
        fields.push(Field {
            name,
            headers,
            bytes,
        });
    }
    Ok(fields)
}

/// The form with a place for the model's name, which is its last field.
pub(super) fn write(fields: &[Field]) -> Result<ForwardContent> {
    let mut before = BytesMut::new();
    for field in fields.iter().filter(|field| field.name != "model") {
        before.put_slice(format!("--{BOUNDARY}\r\n").as_bytes());
        for (name, value) in &field.headers {
            before.put_slice(name.as_str().as_bytes());
            before.put_slice(b": ");
            before.put_slice(value.as_bytes());
            before.put_slice(b"\r\n");
        }
        before.put_slice(b"\r\n");
        before.put_slice(&field.bytes);
        before.put_slice(b"\r\n");
    }
    before.put_slice(
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\n")
            .as_bytes(),
    );
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    Ok(ForwardContent::Form {
        content_type: HeaderValue::from_str(&kind).map_err(Error::internal)?,
        before: before.freeze(),
        after: format!("\r\n--{BOUNDARY}--\r\n").into(),
    })
}
