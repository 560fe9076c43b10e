//! Server-sent events that have names (WHATWG HTML, "Server-sent events").

use bytes::{BufMut, BytesMut};
use serde_json::Value;

/// An event whose name is its data's `type`.
pub(crate) fn write(data: &Value, out: &mut BytesMut) {
    let name = data["type"].as_str().unwrap_or_default();
    write_raw(name.as_bytes(), data.to_string().as_bytes(), out);
}

/// An event of this name.
pub(crate) fn write_raw(name: &[u8], data: &[u8], out: &mut BytesMut) {
    out.reserve(name.len() + data.len() + 16);
    out.put_slice(b"event: ");
    out.put_slice(name);
    out.put_slice(b"\ndata: ");
    // Within an event's data a line break would end it; in JSON it is white space.
    for line in data.split(|byte| matches!(byte, b'\n' | b'\r')) {
        out.put_slice(line);
    }
    out.put_slice(b"\n\n");
}
