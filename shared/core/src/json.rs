//! Reading JSON: the same way everywhere, because serde writes all of a type's reading anew for
//! every kind of input, and a Worker is paid for by its size.

mod object;
mod reader;
mod record;

pub use object::{Compact, Object};
pub use record::{Record, Shape, read_record};
#[doc(hidden)]
pub use serde::{Deserialize, Deserializer, de::MapAccess};

use reader::Reader;
use serde::de::Error as _;

/// What `text` says, borrowing from it.
pub fn read_text<'a, T: Deserialize<'a>>(text: &'a str) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Reader(&mut json))?;
    json.end()?;
    Ok(value)
}

/// What `bytes` say, borrowing from them; the error is for the log.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> serde_json::Result<T> {
    read_text(std::str::from_utf8(bytes).map_err(serde_json::Error::custom)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_borrowed_and_must_be_utf8() {
        let read_text = read::<&str>;
        assert_eq!(read_text(b"\"caf\xc3\xa9\"").unwrap(), "café");
        assert!(read_text(b"\"caf\xe9\"").is_err());
        assert!(read_text(b"\"a\" b").is_err());
    }
}
