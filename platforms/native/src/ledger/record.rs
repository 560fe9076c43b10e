//! One record of the journal: its length, its checksum, the number of the last transaction in it,
//! and items. Numbers are little-endian.

use crate::database::{column, timestamp};
use bytes::{Buf, BufMut, Bytes, TryGetError};
use openclaw_core::ledger::{Counters, Item, Value};

/// Length and CRC-32 of what follows, 4 bytes each.
const HEAD: usize = 8;

const REMOVED: u8 = 0;
const DOCUMENT: u8 = 1;
const COUNTERS: u8 = 2;
/// Added to the kind where the item expires.
const EXPIRES: u8 = 4;

/// An item as a record holds it: account, key, what to hold there (`None`: nothing).
pub(super) type Entry = (String, String, Option<Item>);

/// A record that is being written.
#[derive(Debug, Default)]
pub(super) struct Record(Vec<u8>);

impl Record {
    /// Starts anew.
    pub(super) fn clear(&mut self) {
        self.0.clear();
        // Length, checksum and number come when it is finished.
        self.0.put_bytes(0, HEAD + size_of::<u64>());
    }

    /// Adds an item.
    pub(super) fn push(&mut self, account: &str, key: &str, item: Option<&Item>) {
        put_bytes(&mut self.0, account.as_bytes());
        put_bytes(&mut self.0, key.as_bytes());
        let Some(item) = item else {
            return self.0.put_u8(REMOVED);
        };
        let kind = match &item.value {
            Value::Document(_) => DOCUMENT,
            Value::Counters(_) => COUNTERS,
        };
        match item.expires {
            None => self.0.put_u8(kind),
            Some(expires) => {
                self.0.put_u8(kind | EXPIRES);
                self.0.put_i64_le(column(expires));
            }
        }
        match &item.value {
            Value::Document(bytes) => put_bytes(&mut self.0, bytes),
            Value::Counters(counters) => {
                self.0.put_u32_le(counters.len() as u32);
                for (field, count) in counters {
                    put_bytes(&mut self.0, field.as_bytes());
                    self.0.put_i64_le(*count);
                }
            }
        }
    }

    /// The bytes to append; `sequence` is the last transaction in it. `None` where there is
    /// nothing in it.
    pub(super) fn finish(&mut self, sequence: u64) -> Option<&[u8]> {
        let (head, payload) = self.0.split_at_mut_checked(HEAD)?;
        if payload.len() <= size_of::<u64>() {
            return None;
        }
        (&mut *payload).put_u64_le(sequence);
        let (length, checksum) = (payload.len() as u32, crc32fast::hash(payload));
        let mut head = head;
        head.put_u32_le(length);
        head.put_u32_le(checksum);
        Some(&self.0)
    }
}

fn put_bytes(record: &mut Vec<u8>, bytes: &[u8]) {
    record.put_u32_le(bytes.len() as u32);
    record.put_slice(bytes);
}

/// The records of a journal file, up to the first that is torn or damaged.
pub(super) struct Records(pub(super) Bytes);

impl Iterator for Records {
    type Item = (u64, Vec<Entry>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.0.clone();
        let (length, checksum) = (rest.try_get_u32_le().ok()?, rest.try_get_u32_le().ok()?);
        let payload = take(&mut rest, length as usize).ok()?;
        if crc32fast::hash(&payload) != checksum {
            return None;
        }
        let record = read(payload).ok()?;
        self.0 = rest;
        Some(record)
    }
}

fn read(mut payload: Bytes) -> Result<(u64, Vec<Entry>), TryGetError> {
    let sequence = payload.try_get_u64_le()?;
    let mut entries = Vec::new();
    while payload.has_remaining() {
        let (account, key) = (take_text(&mut payload)?, take_text(&mut payload)?);
        entries.push((account, key, take_item(&mut payload)?));
    }
    Ok((sequence, entries))
}

fn take_item(payload: &mut Bytes) -> Result<Option<Item>, TryGetError> {
    let kind = payload.try_get_u8()?;
    if kind == REMOVED {
        return Ok(None);
    }
    let expires = match kind & EXPIRES {
        0 => None,
        _ => Some(timestamp(payload.try_get_i64_le()?)),
    };
    let value = if kind & COUNTERS == 0 {
        Value::Document(take_bytes(payload)?)
    } else {
        let mut counters = Counters::new();
        for _ in 0..payload.try_get_u32_le()? {
            counters.insert(take_text(payload)?, payload.try_get_i64_le()?);
        }
        Value::Counters(counters)
    };
    Ok(Some(Item { value, expires }))
}

fn take_text(payload: &mut Bytes) -> Result<String, TryGetError> {
    let bytes = take_bytes(payload)?;
    // Texts were written from texts, and the checksum has shown them unchanged.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn take_bytes(payload: &mut Bytes) -> Result<Bytes, TryGetError> {
    let length = payload.try_get_u32_le()?;
    take(payload, length as usize)
}

fn take(from: &mut Bytes, length: usize) -> Result<Bytes, TryGetError> {
    let available = from.remaining();
    if length > available {
        return Err(TryGetError {
            requested: length,
            available,
        });
    }
    Ok(from.split_to(length))
}
