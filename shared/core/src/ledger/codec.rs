//! Items as bytes: what a store writes down, or sends to where its items are. Numbers are
//! little-endian, times are Unix microseconds.
//!
//! Writing appends to a buffer and reading takes from the front of one. Reading refuses bytes that
//! end too early and everything it does not know: a newer writer may mean something by it.

use super::{Counters, Item, Value};
use crate::{Timestamp, time};
use bytes::{Buf, BufMut, Bytes, TryGetError};

// An item begins with a byte: its upper four bits are the version of the format (0), its lower four
// bits the kind of item.
const NOTHING: u8 = 0;
const DOCUMENT: u8 = 1;
const COUNTERS: u8 = 2;
/// Added to the kind where the item expires.
const EXPIRES: u8 = 4;

/// Bytes that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They end too early.
    #[error("the bytes end too early: {0}")]
    Torn(#[from] TryGetError),
    /// A mark that this version does not know; a newer one may.
    #[error("unknown {what} {mark}")]
    Unknown {
        /// The thing that the mark should name, such as `item`.
        what: &'static str,
        /// The byte that was found.
        mark: u8,
    },
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    NotText,
}

/// Writes an item, or that there is none.
pub fn put_item(to: &mut Vec<u8>, item: Option<&Item>) {
    put_value(
        to,
        item.map(|item| &item.value),
        item.and_then(|item| item.expires),
    );
}

/// Writes what [`take_item`] reads, for whoever has no [`Item`] at hand.
pub fn put_value(to: &mut Vec<u8>, value: Option<&Value>, expires: Option<Timestamp>) {
    let Some(value) = value else {
        return to.put_u8(NOTHING);
    };
    let kind = match value {
        Value::Document(_) => DOCUMENT,
        Value::Counters(_) => COUNTERS,
    };
    match expires {
        None => to.put_u8(kind),
        Some(expires) => {
            to.put_u8(kind | EXPIRES);
            put_time(to, expires);
        }
    }
    match value {
        Value::Document(bytes) => put_bytes(to, bytes),
        Value::Counters(counters) => {
            to.put_u32_le(counters.len() as u32);
            for (field, count) in counters {
                put_bytes(to, field.as_bytes());
                to.put_i64_le(*count);
            }
        }
    }
}

/// Writes bytes after their length.
pub fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.put_u32_le(bytes.len() as u32);
    to.put_slice(bytes);
}

/// Writes a time.
pub fn put_time(to: &mut Vec<u8>, at: Timestamp) {
    to.put_i64_le(at.as_microsecond());
}

/// Reads an item, or that there is none.
pub fn take_item(from: &mut Bytes) -> Result<Option<Item>, DecodeError> {
    let mark = from.try_get_u8()?;
    if mark == NOTHING {
        return Ok(None);
    }
    let kind = mark & !EXPIRES;
    if !matches!(kind, DOCUMENT | COUNTERS) {
        return Err(DecodeError::Unknown { what: "item", mark });
    }
    let expires = match mark & EXPIRES {
        0 => None,
        _ => Some(take_time(from)?),
    };
    let value = if kind == DOCUMENT {
        Value::Document(take_bytes(from)?)
    } else {
        let mut counters = Counters::new();
        for _ in 0..from.try_get_u32_le()? {
            counters.insert(take_text(from)?, from.try_get_i64_le()?);
        }
        Value::Counters(counters)
    };
    Ok(Some(Item { value, expires }))
}

/// Reads text that [`put_bytes`] wrote.
pub fn take_text(from: &mut Bytes) -> Result<String, DecodeError> {
    let bytes = take_bytes(from)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| DecodeError::NotText)?;
    Ok(text.to_owned())
}

/// Reads what [`put_bytes`] wrote.
pub fn take_bytes(from: &mut Bytes) -> Result<Bytes, DecodeError> {
    let length = from.try_get_u32_le()?;
    take(from, length as usize)
}

/// Reads so many bytes.
pub fn take(from: &mut Bytes, length: usize) -> Result<Bytes, DecodeError> {
    let available = from.remaining();
    if length > available {
        let requested = length;
        return Err(TryGetError {
            requested,
            available,
        }
        .into());
    }
    Ok(from.split_to(length))
}

/// Reads what [`put_time`] wrote.
pub fn take_time(from: &mut Bytes) -> Result<Timestamp, DecodeError> {
    Ok(time::from_microsecond(from.try_get_i64_le()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_half_of_it_is_an_error() {
        let at = time::from_second(1_772_280_000);
        let document = Value::Document("{}".into());
        let counters = Value::Counters([("a".into(), -1), ("bb".into(), i64::MAX)].into());
        for item in [
            None,
            Some((document.clone(), None)),
            Some((document, Some(at))),
            Some((counters.clone(), None)),
            Some((counters, Some(Timestamp::MAX))),
        ] {
            let item = item.map(|(value, expires)| Item { value, expires });
            let mut bytes = vec![];
            put_item(&mut bytes, item.as_ref());
            for length in 0..bytes.len() {
                let mut half = Bytes::copy_from_slice(&bytes[..length]);
                assert!(take_item(&mut half).is_err(), "{length} of {item:?}");
            }
            let mut whole = Bytes::from(bytes);
            let read = take_item(&mut whole).unwrap();
            // Nanoseconds are not kept.
            let micros = |item: &Item| item.expires.map(Timestamp::as_microsecond);
            assert_eq!(read.as_ref().map(micros), item.as_ref().map(micros));
            assert_eq!(read.map(|item| item.value), item.map(|item| item.value));
            assert!(whole.is_empty());
        }
    }

    #[test]
    fn bytes_of_the_first_release_are_read() {
        let bytes: &[u8] =
            b"\x05\x01\0\0\0\0\0\0\0\x02\0\0\0{}\x02\x01\0\0\0\x01\0\0\0a\x03\0\0\0\0\0\0\0\0";
        let mut bytes = Bytes::from_static(bytes);
        let document = Item {
            value: Value::Document("{}".into()),
            expires: Timestamp::from_microsecond(1),
        };
        assert_eq!(take_item(&mut bytes), Ok(Some(document)));
        let counters = Item {
            value: Value::Counters([("a".into(), 3)].into()),
            expires: None,
        };
        assert_eq!(take_item(&mut bytes), Ok(Some(counters)));
        assert_eq!(take_item(&mut bytes), Ok(None));
        assert!(bytes.is_empty());
    }

    #[test]
    fn what_a_newer_version_may_mean_is_refused() {
        let known = [
            NOTHING,
            DOCUMENT,
            COUNTERS,
            DOCUMENT | EXPIRES,
            COUNTERS | EXPIRES,
        ];
        for mark in (0..=u8::MAX).filter(|mark| !known.contains(mark)) {
            let mut bytes = vec![mark];
            bytes.extend([0; 32]);
            let unknown = DecodeError::Unknown { what: "item", mark };
            assert_eq!(take_item(&mut bytes.into()), Err(unknown));
        }
    }

    #[test]
    fn text_must_be_text() {
        let bytes: &[u8] = b"\x01\0\0\0\xff";
        assert_eq!(take_text(&mut bytes.into()), Err(DecodeError::NotText));
    }
}
