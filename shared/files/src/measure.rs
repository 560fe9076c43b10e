use bytes::Bytes;
use openclaw_core::{Code, Error, Result};
use sha2::{Digest, Sha256};

/// What passes on its way to the store: its size and hash, within two limits.
pub(crate) struct Measure {
    hasher: Sha256,
    size: u64,
    /// Bytes of one file.
    max_file: u64,
    /// Bytes that the account's storage has left.
    left: u64,
}

impl Measure {
    pub(crate) fn new(max_file: u64, left: u64) -> Self {
        Self {
            hasher: Sha256::new(),
            size: 0,
            max_file,
            left,
        }
    }

    /// Counts a piece; 413, 507.
    pub(crate) fn pass(&mut self, piece: Bytes) -> Result<Bytes> {
        self.size += piece.len() as u64;
        if self.size > self.max_file {
            return Err(too_large(self.max_file));
        }
        if self.size > self.left {
            return Err(storage_full());
        }
        self.hasher.update(&piece);
        Ok(piece)
    }

    /// The size, and SHA-256 in hexadecimal digits.
    pub(crate) fn end(self) -> (u64, String) {
        let hash = self.hasher.finalize();
        (
            self.size,
            hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        )
    }
}

/// 413.
pub(crate) fn too_large(limit: u64) -> Error {
    let message = format!("The file must be at most {limit} bytes");
    Error::new(Code::PayloadTooLarge, message)
}

/// 507.
pub(crate) fn storage_full() -> Error {
    Error::new(Code::StorageFull, "The account's file storage is used up")
}
