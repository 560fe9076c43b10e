//! Reading JSON, and objects of which a field or two are looked at or changed.

mod object;
mod record;

pub use object::{Compact, Object};
pub use record::{Record, Shape, read_record};
#[doc(hidden)]
pub use serde::{Deserialize, Deserializer, de::MapAccess};

/// Reads JSON text, borrowing from it.
pub fn read_text<'a, T: Deserialize<'a>>(text: &'a str) -> serde_json::Result<T> {
    serde_json::from_str(text)
}

/// Reads JSON bytes, borrowing from them; the error is for the log.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> serde_json::Result<T> {
    serde_json::from_slice(bytes)
}
