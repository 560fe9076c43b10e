//! Reading JSON: the same way everywhere, because serde writes all of a type's reading anew for
//! every kind of input, and a Worker is paid for by its size.

use serde::{Deserialize, de::Error as _};

/// What `bytes` say, borrowing from them; the error is for the log.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> serde_json::Result<T> {
    let text = std::str::from_utf8(bytes).map_err(serde_json::Error::custom)?;
    serde_json::from_str(text)
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
