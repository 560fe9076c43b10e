//! Items as bytes: what a store writes down, or sends to where its items are. Numbers are
//! little-endian, times are Unix microseconds.
//!
//! Writing appends to a buffer and reading takes from the front of one; reading fails only where
//! the bytes end too early. Whoever may meet damaged bytes checks them before.

use super::{Counters, Item, Value};
use crate::{Timestamp, time};
use bytes::{Buf, BufMut, Bytes, TryGetError};

const NOTHING: u8 = 0;
const DOCUMENT: u8 = 1;
const COUNTERS: u8 = 2;
/// Added to the kind where the item expires.
const EXPIRES: u8 = 4;

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

/// Writes bytes behind their length.
pub fn put_bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    to.put_u32_le(bytes.len() as u32);
    to.put_slice(bytes);
}

/// Writes a time.
pub fn put_time(to: &mut Vec<u8>, at: Timestamp) {
    to.put_i64_le(at.as_microsecond());
}

/// Reads an item, or that there is none.
pub fn take_item(from: &mut Bytes) -> Result<Option<Item>, TryGetError> {
    let kind = from.try_get_u8()?;
    if kind == NOTHING {
        return Ok(None);
    }
    let expires = match kind & EXPIRES {
        0 => None,
        _ => Some(take_time(from)?),
    };
    let value = if kind & COUNTERS == 0 {
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
pub fn take_text(from: &mut Bytes) -> Result<String, TryGetError> {
    // It was written from text.
    Ok(String::from_utf8_lossy(&take_bytes(from)?).into_owned())
}

/// Reads what [`put_bytes`] wrote.
pub fn take_bytes(from: &mut Bytes) -> Result<Bytes, TryGetError> {
    let length = from.try_get_u32_le()?;
    take(from, length as usize)
}

/// Reads so many bytes.
pub fn take(from: &mut Bytes, length: usize) -> Result<Bytes, TryGetError> {
    let available = from.remaining();
    if length > available {
        return Err(TryGetError {
            requested: length,
            available,
        });
    }
    Ok(from.split_to(length))
}

/// Reads what [`put_time`] wrote.
pub fn take_time(from: &mut Bytes) -> Result<Timestamp, TryGetError> {
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
}
