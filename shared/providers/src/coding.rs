//! `Content-Encoding` of answers. Requests ask for `identity`; some vendors compress all the same.
//!
//! The first bytes decide, not the label: on Workers the platform decodes a body and leaves the
//! label on it.

#[cfg(not(target_arch = "wasm32"))]
use brotli_decompressor::DecompressorWriter;
use bytes::{Bytes, BytesMut};
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};
use ruzstd::decoding::StreamingDecoder;
use std::{
    fmt,
    io::{self, Write},
};

/// The most that one write may become, in bytes: more than an answer may be.
const MOST: usize = 33 << 20;

/// Coded bytes that are decoded at a time.
const STEP: usize = 8 << 10;

/// The longest magic number, in bytes.
const MAGIC: usize = 4;

/// The largest window of Zstandard, in bytes (RFC 9659).
const ZSTD_WINDOW: u64 = 8 << 20;

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
    /// Before there are enough bytes to tell.
    Start(BytesMut),
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

#[cfg(not(target_arch = "wasm32"))]
impl Inflate for DecompressorWriter<Buffer> {
    fn buffer(&mut self) -> &mut Buffer {
        self.get_mut()
    }

    fn end(&mut self) -> io::Result<()> {
        self.close()
    }
}

/// Zstandard, decoded when the body has ended: the decoder shows nothing that it may have to look
/// back at, which is all of an ordinary answer. A stream that is compressed so comes at its end.
#[derive(Default)]
struct ZstdDecoder {
    coded: Buffer,
    decoded: Buffer,
}

impl Write for ZstdDecoder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.coded.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Inflate for ZstdDecoder {
    fn buffer(&mut self) -> &mut Buffer {
        &mut self.decoded
    }

    fn end(&mut self) -> io::Result<()> {
        let mut frames = &self.coded.0[..];
        while !frames.is_empty() {
            let frame = StreamingDecoder::new_with_max_window_size(&mut frames, ZSTD_WINDOW);
            io::copy(&mut frame.map_err(io::Error::other)?, &mut self.decoded)?;
        }
        Ok(())
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
            state: State::Start(BytesMut::new()),
        }
    }

    /// Decodes `piece`; the result may be empty.
    pub(crate) fn push(&mut self, piece: Bytes) -> io::Result<Bytes> {
        let State::Start(held) = &mut self.state else {
            return self.state.push(piece);
        };
        if held.is_empty() && piece.len() >= MAGIC {
            self.state = start(self.label, &piece);
            return self.state.push(piece);
        }
        held.extend_from_slice(&piece);
        if held.len() < MAGIC {
            return Ok(Bytes::new());
        }
        let held = std::mem::take(held).freeze();
        self.state = start(self.label, &held);
        self.state.push(held)
    }

    /// Decodes the rest when the body has ended. After that nothing is left.
    pub(crate) fn finish(&mut self) -> io::Result<Bytes> {
        match std::mem::replace(&mut self.state, State::Plain) {
            State::Coded(mut decoder) => {
                decoder.end()?;
                Ok(std::mem::take(&mut decoder.buffer().0).into())
            }
            State::Start(held) => Ok(held.freeze()),
            State::Plain => Ok(Bytes::new()),
        }
    }
}

impl State {
    fn push(&mut self, piece: Bytes) -> io::Result<Bytes> {
        let Self::Coded(decoder) = self else {
            return Ok(piece);
        };
        for part in piece.chunks(STEP) {
            decoder.write_all(part)?;
        }
        decoder.flush()?;
        Ok(std::mem::take(&mut decoder.buffer().0).into())
    }
}

/// Magic numbers are looked at whole: speech may begin with any byte.
fn start(label: Label, piece: &[u8]) -> State {
    let buffer = Buffer::default();
    match (piece, label) {
        ([0x1f, 0x8b, 8, ..], _) => State::Coded(Box::new(MultiGzDecoder::new(buffer))),
        ([0x28, 0xb5, 0x2f, 0xfd, ..], _) => State::Coded(Box::<ZstdDecoder>::default()),
        (_, Label::None) => State::Plain,
        (text, _) if is_text(text) => State::Plain,
        // zlib's header; servers also send the bare format.
        ([first, ..], Label::Deflate) if first & 0x0f == 8 => {
            State::Coded(Box::new(ZlibDecoder::new(buffer)))
        }
        (_, Label::Deflate) => State::Coded(Box::new(DeflateDecoder::new(buffer))),
        (_, Label::Brotli) => brotli(buffer),
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn brotli(buffer: Buffer) -> State {
    State::Coded(Box::new(DecompressorWriter::new(buffer, STEP)))
}

/// There the platform has decoded it.
#[cfg(target_arch = "wasm32")]
fn brotli(_: Buffer) -> State {
    State::Plain
}

/// Whether an answer may begin so.
fn is_text(piece: &[u8]) -> bool {
    let text = piece.trim_ascii_start();
    let starts = [&b"{\""[..], b"[{", b"data:", b"event:", b": ", b"<"];
    starts
        .iter()
        .any(|start| text.starts_with(start) || start.starts_with(text))
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
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

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

    fn zstd(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
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
            (Some("zstd"), zstd(TEXT.as_bytes())),
            (
                Some("zstd"),
                [zstd(&TEXT.as_bytes()[..9]), zstd(&TEXT.as_bytes()[9..])].concat(),
            ),
        ];
        for (label, body) in cases {
            for size in [1, 2, 3, 7, 1000] {
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
            let text = decoded(label, &zstd(TEXT.as_bytes()), 9).unwrap();
            assert_eq!(text, TEXT.as_bytes(), "{label:?}");
        }
        for label in [None, Some("gzip"), Some("br"), Some("deflate")] {
            for text in [TEXT, "data: {}\n\n", "\n\n{\"a\":1}", ": x\n\n", "{}", ""] {
                for size in [1, 3, 99] {
                    let plain = decoded(label, text.as_bytes(), size).unwrap();
                    assert_eq!(plain, text.as_bytes(), "{label:?} by {size}");
                }
            }
        }
        // Speech without a container.
        for bytes in [&[0x1f, 0, 0, 0][..], &[0x28, 0xb5, 0, 0], &[0x1f]] {
            assert_eq!(decoded(None, bytes, 1).unwrap(), bytes);
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
        let whole = zstd(TEXT.as_bytes());
        assert!(decoded(Some("zstd"), &whole[..whole.len() - 1], 1000).is_err());
        let bomb = gzip(&vec![b' '; MOST + 1]);
        assert!(decoded(Some("gzip"), &bomb, bomb.len()).is_err());
        // A window of 128 KiB, and blocks that repeat a byte so often.
        let header = ((128u32 << 10) << 3 | 1 << 1).to_le_bytes();
        let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
        for _ in 0..=MOST / (128 << 10) {
            bomb.extend([header[0], header[1], header[2], b' ']);
        }
        bomb.extend([1, 0, 0]);
        assert!(decoded(Some("zstd"), &bomb, bomb.len()).is_err());
        // A frame with a window of 16 MiB, then an empty last block.
        let window = [0x28, 0xb5, 0x2f, 0xfd, 0, 14 << 3, 1, 0, 0];
        assert!(decoded(Some("zstd"), &window, 99).is_err());
        let window = [0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3, 1, 0, 0];
        assert_eq!(decoded(Some("zstd"), &window, 99).unwrap(), b"");
    }
}
