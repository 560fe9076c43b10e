//! `Content-Encoding` of answers. Requests ask for `identity`; some vendors compress all the same.
//!
//! The first bytes decide, not the label: on Workers the platform decodes a body and leaves the
//! label on it.

use brotli_decompressor::DecompressorWriter;
use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};
use std::{
    fmt,
    io::{self, Write},
};

/// The most that one write may become, in bytes: more than an answer may be.
const MOST: usize = 33 << 20;

/// Coded bytes that are decoded at a time.
const STEP: usize = 8 << 10;

/// A coding that the label names and that has no magic number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    None,
    Deflate,
    Brotli,
}

/// Decodes a body as it comes.
pub(crate) struct Decoder {
    label: Label,
    state: State,
}

enum State {
    /// Before the first byte.
    Start,
    Plain,
    Coded(Box<dyn Inflate>),
}

/// Writes what it decodes to a buffer.
trait Inflate: Write + Send {
    fn buffer(&mut self) -> &mut Buffer;

    /// Decodes what is left; an error where the end is missing or the checksum wrong.
    fn end(&mut self) -> io::Result<()>;
}

impl Inflate for MultiGzDecoder<Buffer> {
    fn buffer(&mut self) -> &mut Buffer {
        self.get_mut()
    }

    fn end(&mut self) -> io::Result<()> {
        self.try_finish()
    }
}

impl Inflate for ZlibDecoder<Buffer> {
    fn buffer(&mut self) -> &mut Buffer {
        self.get_mut()
    }

    fn end(&mut self) -> io::Result<()> {
        self.try_finish()
    }
}

impl Inflate for DeflateDecoder<Buffer> {
    fn buffer(&mut self) -> &mut Buffer {
        self.get_mut()
    }

    fn end(&mut self) -> io::Result<()> {
        self.try_finish()
    }
}

impl Inflate for DecompressorWriter<Buffer> {
    fn buffer(&mut self) -> &mut Buffer {
        self.get_mut()
    }

    fn end(&mut self) -> io::Result<()> {
        self.close()
    }
}

/// Decoded bytes, bounded: a few coded ones may stand for gigabytes.
#[derive(Default)]
struct Buffer(Vec<u8>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            return Err(io::Error::other("decoded to more than an answer may be"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Decoder {
    pub(crate) fn new(headers: &HeaderMap) -> Self {
        let label = headers.get(header::CONTENT_ENCODING);
        let label = label.map_or(&b""[..], |label| label.as_bytes().trim_ascii());
        let label = match label {
            _ if label.eq_ignore_ascii_case(b"deflate") => Label::Deflate,
            _ if label.eq_ignore_ascii_case(b"br") => Label::Brotli,
            _ => Label::None,
        };
        Self {
            label,
            state: State::Start,
        }
    }

    /// Decodes `piece`; the result may be empty.
    pub(crate) fn push(&mut self, piece: Bytes) -> io::Result<Bytes> {
        if matches!(self.state, State::Start) && !piece.is_empty() {
            self.state = start(self.label, &piece);
        }
        let State::Coded(decoder) = &mut self.state else {
            return Ok(piece);
        };
        for part in piece.chunks(STEP) {
            decoder.write_all(part)?;
        }
        decoder.flush()?;
        Ok(std::mem::take(&mut decoder.buffer().0).into())
    }

    /// Decodes the rest when the body has ended. After that nothing is left.
    pub(crate) fn finish(&mut self) -> io::Result<Bytes> {
        match std::mem::replace(&mut self.state, State::Plain) {
            State::Coded(mut decoder) => {
                decoder.end()?;
                Ok(std::mem::take(&mut decoder.buffer().0).into())
            }
            State::Start | State::Plain => Ok(Bytes::new()),
        }
    }
}

fn start(label: Label, piece: &[u8]) -> State {
    let buffer = Buffer::default();
    match (piece, label) {
        // Its magic number; no text begins with this byte.
        ([0x1f, ..], _) => State::Coded(Box::new(MultiGzDecoder::new(buffer))),
        (_, Label::None) => State::Plain,
        (text, _) if is_text(text) => State::Plain,
        // zlib's header; servers also send the bare format.
        ([first, ..], Label::Deflate) if first & 0x0f == 8 => {
            State::Coded(Box::new(ZlibDecoder::new(buffer)))
        }
        (_, Label::Deflate) => State::Coded(Box::new(DeflateDecoder::new(buffer))),
        (_, Label::Brotli) => State::Coded(Box::new(DecompressorWriter::new(buffer, STEP))),
    }
}

/// Whether an answer may begin so.
fn is_text(piece: &[u8]) -> bool {
    let text = piece.trim_ascii_start();
    let starts = [&b"{\""[..], b"[{", b"data:", b"event:", b": ", b"<"];
    text.is_empty() || starts.iter().any(|start| text.starts_with(start))
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    const TEXT: &str = "{\"choices\":[{\"index\":0}]}";
    /// `TEXT` as `brotli -c` writes it.
    const BROTLI: &[u8] = &[
        0x0b, 0x0c, 0x80, 0x7b, 0x22, 0x63, 0x68, 0x6f, 0x69, 0x63, 0x65, 0x73, 0x22, 0x3a, 0x5b,
        0x7b, 0x22, 0x69, 0x6e, 0x64, 0x65, 0x78, 0x22, 0x3a, 0x30, 0x7d, 0x5d, 0x7d, 0x03,
    ];

    fn decoded(label: Option<&'static str>, body: &[u8], size: usize) -> io::Result<Vec<u8>> {
        let label = label.map(|label| (header::CONTENT_ENCODING, label.parse().unwrap()));
        let mut decoder = Decoder::new(&label.into_iter().collect());
        let mut all = vec![];
        for piece in body.chunks(size) {
            all.extend(decoder.push(Bytes::copy_from_slice(piece))?);
        }
        all.extend(decoder.finish()?);
        Ok(all)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(vec![], Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_coding_is_decoded_however_it_is_split() {
        let mut zlib = ZlibEncoder::new(vec![], Compression::default());
        zlib.write_all(TEXT.as_bytes()).unwrap();
        let mut bare = DeflateEncoder::new(vec![], Compression::default());
        bare.write_all(TEXT.as_bytes()).unwrap();
        let cases = [
            (Some("gzip"), gzip(TEXT.as_bytes())),
            (Some("x-gzip"), gzip(TEXT.as_bytes())),
            (Some("deflate"), zlib.finish().unwrap()),
            (Some("deflate"), bare.finish().unwrap()),
            (Some("br"), BROTLI.to_vec()),
        ];
        for (label, body) in cases {
            for size in [1, 7, 1000] {
                let text = decoded(label, &body, size).unwrap();
                assert_eq!(
                    String::from_utf8(text).unwrap(),
                    TEXT,
                    "{label:?} by {size}"
                );
            }
        }
    }

    #[test]
    fn the_bytes_decide_and_not_the_label() {
        for label in [None, Some("identity"), Some("br"), Some("deflate")] {
            let text = decoded(label, &gzip(TEXT.as_bytes()), 9).unwrap();
            assert_eq!(text, TEXT.as_bytes(), "{label:?}");
        }
        for label in [None, Some("gzip"), Some("br"), Some("deflate")] {
            for text in [TEXT, "data: {}\n\n", "\n\n{\"a\":1}", ": x\n\n"] {
                assert_eq!(
                    decoded(label, text.as_bytes(), 99).unwrap(),
                    text.as_bytes()
                );
            }
        }
    }

    #[test]
    fn what_is_broken_or_too_large_is_an_error() {
        let mut broken = gzip(TEXT.as_bytes());
        broken[12] ^= 0xff;
        assert!(decoded(Some("gzip"), &broken, 1000).is_err());
        let whole = gzip(TEXT.as_bytes());
        assert!(decoded(Some("gzip"), &whole[..whole.len() - 9], 1000).is_err());
        assert!(decoded(Some("br"), &BROTLI[..20], 1000).is_err());
        let bomb = gzip(&vec![b' '; MOST + 1]);
        assert!(decoded(Some("gzip"), &bomb, bomb.len()).is_err());
    }
}
