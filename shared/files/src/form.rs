//! A form (`multipart/form-data`, RFC 7578) as it comes, part by part, in constant memory.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use multer::{Field, Multipart};
use openclaw_core::{Code, Error, Result, blob::BlobSource};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

/// Bytes that the parser is given at a time, however large a piece came.
const PIECE: usize = 64 * 1024;

/// Bytes that the parser may hold: a boundary and the headers of a part, or a part's piece.
const MAX_HELD: usize = 4 * PIECE;

/// Parts of a form.
const MAX_PARTS: usize = 32;

/// Bytes of a part that is no file.
const MAX_TEXT: usize = 1024;

/// A form. Its parts come in their order; one is read, or dropped, before the next.
pub struct Form<'a> {
    multipart: Multipart<'a>,
    held: Held,
    parts: usize,
}

/// A part of a [`Form`].
pub struct Part<'a> {
    field: Field<'a>,
    held: Held,
}

impl<'a> Form<'a> {
    /// The form in `source`, whose boundary `content_type` says; 415, 400.
    pub fn new(content_type: Option<&str>, source: BlobSource<'a>) -> Result<Self> {
        let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(refused)?;
        let held = Held::default();
        let source = Slices {
            source,
            rest: Bytes::new(),
            rested: false,
            held: held.clone(),
        };
        Ok(Self {
            multipart: Multipart::new(source, boundary),
            held,
            parts: 0,
        })
    }

    /// The next part, `None` after the last; 400.
    pub async fn next(&mut self) -> Result<Option<Part<'a>>> {
        let Some(field) = self.multipart.next_field().await.map_err(refused)? else {
            return Ok(None);
        };
        self.parts += 1;
        if self.parts > MAX_PARTS {
            let issue = format!("has more than {MAX_PARTS} parts");
            return Err(Error::invalid("body", issue));
        }
        self.held.clear();
        Ok(Some(Part {
            field,
            held: self.held.clone(),
        }))
    }
}

impl<'a> Part<'a> {
    /// The name of its field; empty where it has none.
    pub fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// The name of the file; `None` where it is no file. A quotation mark in it comes as `%22` (HTML,
    /// "multipart/form-data encoding algorithm").
    pub fn filename(&self) -> Option<String> {
        Some(self.field.file_name()?.replace("%22", "\""))
    }

    /// The media type that its sender says.
    pub fn content_type(&self) -> Option<&str> {
        let header = self.field.headers().get("content-type")?;
        header.to_str().ok()
    }

    /// Its bytes as they come.
    pub fn bytes(self) -> BlobSource<'a> {
        stream::try_unfold(self, |mut part| async move {
            let piece = part.field.chunk().await.map_err(refused)?;
            if let Some(piece) = &piece {
                part.held.remove(piece.len());
            }
            Ok(piece.map(|piece| (piece, part)))
        })
        .boxed()
    }

    /// Its text, of at most 1,024 bytes; 400.
    pub async fn text(self) -> Result<String> {
        let (name, mut bytes, mut text) = (self.name().to_owned(), self.bytes(), Vec::new());
        let wrong = |issue: &str| Err(Error::invalid(&*name, issue));
        while let Some(piece) = bytes.next().await {
            text.extend_from_slice(&piece?);
            if text.len() > MAX_TEXT {
                return wrong("must be at most 1024 bytes");
            }
        }
        String::from_utf8(text).or_else(|_| wrong("must be UTF-8"))
    }
}

/// How many bytes the parser has been given and has not given back.
#[derive(Clone, Default)]
struct Held(Arc<AtomicUsize>);

impl Held {
    fn add(&self, bytes: usize) -> usize {
        self.0.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    fn remove(&self, bytes: usize) {
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                Some(held.saturating_sub(bytes))
            });
    }

    /// What was given has been read up to a part's first byte.
    fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// The source in small slices, with a rest after each.
///
/// The parser asks until there is nothing, and keeps what it is given: without the rests it would hold
/// all that is there. Without a bound it would hold a part's headers, or what comes before the first
/// boundary, whatever their length.
struct Slices<'a> {
    source: BlobSource<'a>,
    rest: Bytes,
    /// Whether the parser has looked at the last slice.
    rested: bool,
    held: Held,
}

impl Stream for Slices<'_> {
    type Item = Result<Bytes>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes>>> {
        if !std::mem::replace(&mut self.rested, true) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            match self.source.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(piece))) => self.rest = piece,
                other => return other,
            }
        }
        self.rested = false;
        let length = self.rest.len().min(PIECE);
        let slice = self.rest.split_to(length);
        if self.held.add(slice.len()) > MAX_HELD {
            let issue = "has no boundary, or a part with headers that are too long";
            return Poll::Ready(Some(Err(Error::invalid("body", issue))));
        }
        Poll::Ready(Some(Ok(slice)))
    }
}

/// What the caller is told of what the parser refused.
fn refused(error: multer::Error) -> Error {
    match error {
        multer::Error::NoMultipart | multer::Error::DecodeContentType(_) => {
            let message = "Content-Type must be multipart/form-data";
            Error::new(Code::UnsupportedMediaType, message)
        }
        multer::Error::NoBoundary => Error::invalid("Content-Type", "must name a boundary"),
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => Error::internal(other),
        },
        other => Error::invalid("body", format!("is not a whole form: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;
    use openclaw_core::Details;

    const TYPE: &str = "multipart/form-data; boundary=xxx";

    /// The form in pieces of so many bytes.
    fn form(text: &[u8], piece: usize) -> Form<'static> {
        let pieces = text
            .chunks(piece)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)));
        Form::new(Some(TYPE), stream::iter(Vec::from_iter(pieces)).boxed()).unwrap()
    }

    fn parts(text: &[u8], piece: usize) -> Result<Vec<(String, Option<String>, usize)>> {
        block_on(async {
            let (mut form, mut parts) = (form(text, piece), Vec::new());
            while let Some(part) = form.next().await? {
                let (name, file) = (part.name().to_owned(), part.filename());
                let (mut bytes, mut length) = (part.bytes(), 0);
                while let Some(piece) = bytes.next().await {
                    length += piece?.len();
                }
                parts.push((name, file, length));
            }
            Ok(parts)
        })
    }

    fn two_parts(length: usize) -> Vec<u8> {
        let mut text =
            b"--xxx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
                .to_vec();
        text.extend(vec![b'-'; length]);
        text.extend(b"\r\n--xxx\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nx\r\n--xxx--\r\n");
        text
    }

    #[test]
    fn parts_are_read_whatever_the_pieces_they_come_in() {
        for length in [0, 1, 3, 1_000_000] {
            for piece in [1_000_000_000, 70_000, 1013] {
                let expected = vec![
                    ("file".into(), Some("a".into()), length),
                    ("purpose".into(), None, 1),
                ];
                assert_eq!(parts(&two_parts(length), piece).unwrap(), expected);
            }
        }
        assert_eq!(parts(&two_parts(5), 1).unwrap()[0].2, 5);
    }

    fn issue(text: &[u8]) -> String {
        let error = parts(text, 100_000).unwrap_err();
        match error.details {
            Some(Details::Field { field, issue }) if field == "body" => issue,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_whole_form_is_refused() {
        assert!(issue(b"").contains("whole form"));
        assert!(issue(b"no boundary").contains("whole form"));
        let whole = two_parts(10);
        assert!(issue(&whole[..whole.len() - 20]).contains("whole form"));
        assert!(issue(b"--xxx\r\nnonsense\r\n\r\n\r\n--xxx--\r\n").contains("whole form"));
    }

    #[test]
    fn what_the_parser_holds_is_bounded() {
        let mut headers = b"--xxx\r\nX: ".to_vec();
        headers.extend(vec![b'x'; 2 * MAX_HELD]);
        assert!(issue(&headers).contains("too long"));
        assert!(issue(&vec![b'x'; 2 * MAX_HELD]).contains("boundary"));
        let part = b"--xxx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n";
        assert!(issue(&part.repeat(MAX_PARTS + 1)).contains("parts"));
    }

    #[test]
    fn a_text_is_short_and_utf8() {
        for (text, issue) in [(vec![b'x'; 1025], "1024"), (vec![0xff], "UTF-8")] {
            let start = b"--xxx\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n";
            let whole = [&start[..], &text, b"\r\n--xxx--\r\n"].concat();
            let mut form = form(&whole, 100);
            let part = block_on(form.next()).unwrap().unwrap();
            let error = block_on(part.text()).unwrap_err();
            assert!(error.message.contains(issue), "{error}");
        }
    }

    #[test]
    fn a_content_type_names_a_form_and_its_boundary() {
        let code = |kind| Form::new(kind, stream::empty().boxed()).err().unwrap().code;
        assert_eq!(code(None), Code::UnsupportedMediaType);
        assert_eq!(code(Some("application/json")), Code::UnsupportedMediaType);
        assert_eq!(code(Some("multipart/form-data")), Code::InvalidRequest);
    }

    #[test]
    fn an_error_of_the_source_is_the_callers() {
        let broken = Error::new(Code::PayloadTooLarge, "x");
        let source = stream::iter([Ok(Bytes::from_static(b"--xxx\r\n")), Err(broken)]);
        let mut form = Form::new(Some(TYPE), source.boxed()).unwrap();
        let error = block_on(form.next()).err().unwrap();
        assert_eq!(error.code, Code::PayloadTooLarge);
    }
}
