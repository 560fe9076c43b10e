use crate::inspect;
use bytes::BytesMut;
use futures_util::TryStreamExt;
use openclaw_core::{BoxFuture, ByteStream, Error, Result};
use openclaw_files::{Found, Inspect};

/// Looks into files right here, in an invocation that does nothing else: a parser that breaks ends it,
/// and the job is tried once more.
#[derive(Clone, Copy, Debug)]
pub struct InProcess {
    /// Bytes of a file that there is memory for, with what parsers make of it.
    pub max_bytes: u64,
}

impl Inspect for InProcess {
    fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    fn inspect<'a>(
        &'a self,
        name: &'a str,
        size: u64,
        bytes: ByteStream,
    ) -> BoxFuture<'a, Result<Result<Found, String>>> {
        Box::pin(async move {
            let room = BytesMut::with_capacity(usize::try_from(size).unwrap_or_default());
            let whole = bytes.try_fold(room, |mut whole, piece| async move {
                whole.extend_from_slice(&piece);
                Ok(whole)
            });
            let whole = whole.await.map_err(Error::internal)?;
            Ok(inspect(&whole, name))
        })
    }
}
