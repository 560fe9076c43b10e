use crate::inspect;
use bytes::BytesMut;
use futures_util::TryStreamExt;
use openclaw_core::{BoxFuture, ByteStream, Error, Result};
use openclaw_files::{Found, Inspect};
use std::panic::catch_unwind;

/// Looks into files right here, in an invocation that does nothing else. A parser that panics has failed. One
/// that goes on for ever or takes too much memory is ended with the invocation by the platform. Either way the
/// job is tried once more.
#[derive(Clone, Copy, Debug)]
pub struct InProcess {
    max_bytes: u64,
    parser: Parser,
}

type Parser = fn(&[u8], &str) -> Result<Found, String>;

impl InProcess {
    /// For files of so many bytes: what there is memory for, with what parsers make of it.
    pub const fn new(max_bytes: u64) -> Self {
        Self {
            max_bytes,
            parser: inspect,
        }
    }
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
            // What it panicked with is its own: nobody sees it.
            let parsed = catch_unwind(|| (self.parser)(&whole, name));
            parsed.map_err(|_| Error::internal("a parser panicked"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, StreamExt, stream};

    #[test]
    fn a_parser_that_panics_has_failed_and_reads_the_next_file() {
        let broken = InProcess {
            parser: |bytes, name| match bytes {
                b"panic" => panic!("on purpose"),
                _ => inspect(bytes, name),
            },
            ..InProcess::new(100)
        };
        let look = |bytes: &'static [u8]| {
            let source = stream::iter([Ok(bytes.into())]).boxed();
            broken.inspect("a.txt", 5, source).now_or_never().unwrap()
        };
        let error = look(b"panic").unwrap_err();
        assert_eq!(error.cause.as_deref(), Some("a parser panicked"));
        let found = look(b"hello").unwrap().unwrap();
        assert_eq!(found.text.as_deref(), Some("hello"));
    }
}
