//! One record of the journal: its length, its checksum, the number of the last transaction in it,
//! and items. Numbers are little-endian.

use bytes::{Buf, BufMut, Bytes};
use openclaw_core::ledger::{
    Item,
    codec::{self, DecodeError},
};

/// Length and CRC-32 of what follows, 4 bytes each.
const HEAD: usize = 8;

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
        codec::put_bytes(&mut self.0, account.as_bytes());
        codec::put_bytes(&mut self.0, key.as_bytes());
        codec::put_item(&mut self.0, item);
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

/// The records of a journal file, up to the first that is torn or damaged.
pub(super) struct Records(pub(super) Bytes);

impl Iterator for Records {
    type Item = (u64, Vec<Entry>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.0.clone();
        let (length, checksum) = (rest.try_get_u32_le().ok()?, rest.try_get_u32_le().ok()?);
        let payload = codec::take(&mut rest, length as usize).ok()?;
        if crc32fast::hash(&payload) != checksum {
            return None;
        }
        let record = read(payload).ok()?;
        self.0 = rest;
        Some(record)
    }
}

fn read(mut payload: Bytes) -> Result<(u64, Vec<Entry>), DecodeError> {
    let sequence = payload.try_get_u64_le()?;
    let mut entries = Vec::new();
    while payload.has_remaining() {
        let (account, key) = (
            codec::take_text(&mut payload)?,
            codec::take_text(&mut payload)?,
        );
        entries.push((account, key, codec::take_item(&mut payload)?));
    }
    Ok((sequence, entries))
}
