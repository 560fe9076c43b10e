use bytes::Bytes;
use md5::Md5;
use openclaw_core::{Code, Error, Result};
use sha2::{Digest, Sha256};

/// What passes on its way to the store: its size and hashes, within limits.
pub(crate) struct Measure {
    sha256: Sha256,
    /// Where somebody wants to compare it.
    md5: Option<Md5>,
    size: u64,
    bounds: [Bound; 2],
}

/// Bytes, and the error of whoever passes them.
pub(crate) type Bound = (u64, fn(u64) -> Error);

/// What was measured.
pub(crate) struct Measured {
    pub(crate) size: u64,
    /// In hexadecimal digits.
    pub(crate) sha256: String,
    /// In hexadecimal digits.
    pub(crate) md5: Option<String>,
}

impl Measure {
    pub(crate) fn new(bounds: [Bound; 2]) -> Self {
        Self {
            sha256: Sha256::new(),
            md5: None,
            size: 0,
            bounds,
        }
    }

    pub(crate) fn with_md5(self) -> Self {
        Self {
            md5: Some(Md5::new()),
            ..self
        }
    }

    /// Counts a piece; the error of a bound that it passes.
    pub(crate) fn pass(&mut self, piece: Bytes) -> Result<Bytes> {
        self.size += piece.len() as u64;
        if let Some((bound, error)) = self.bounds.iter().find(|(bound, _)| self.size > *bound) {
            return Err(error(*bound));
        }
        self.sha256.update(&piece);
        if let Some(md5) = &mut self.md5 {
            md5.update(&piece);
        }
        Ok(piece)
    }

    pub(crate) fn end(self) -> Measured {
        Measured {
            size: self.size,
            sha256: digits(&self.sha256.finalize()),
            md5: self.md5.map(|md5| digits(&md5.finalize())),
        }
    }
}

fn digits(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 413.
pub(crate) fn too_large(limit: u64) -> Error {
    let message = format!("The file must be at most {limit} bytes");
    Error::new(Code::PayloadTooLarge, message)
}

/// 507.
pub(crate) fn storage_full(_: u64) -> Error {
    Error::new(Code::StorageFull, "The account's file storage is used up")
}
