//! Amazon's event stream: messages in binary frames, each with checksums
//! (<https://docs.aws.amazon.com/lexv2/latest/dg/event-stream-encoding.html>).
//!
//! Of our own, because Amazon's crate for it brings its HTTP client's types into every Worker that calls a model.

use crate::sse::{Event, Parser, TooLong};
use bytes::{Buf, Bytes, BytesMut};

/// The longest message, in bytes: Amazon's limit.
const MAX_MESSAGE: usize = 24 << 20;

/// Lengths of the message and of its headers, and the checksum of both.
const PRELUDE: usize = 12;
/// The checksum of the whole message.
const CHECKSUM: usize = 4;

/// What events come in.
#[derive(Debug)]
pub(crate) enum Events {
    /// Lines of text.
    Sse(Parser),
    /// Frames, of which the last may have come in part.
    Frames(BytesMut),
}

impl Events {
    pub(crate) fn push(&mut self, bytes: Bytes) {
        match self {
            Self::Sse(parser) => parser.push(bytes),
            Self::Frames(held) => held.extend_from_slice(&bytes),
        }
    }

    /// The next event that is whole. What is too long, or no frame, gives nothing more.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, TooLong> {
        match self {
            Self::Sse(parser) => parser.next(),
            Self::Frames(held) => frame(held).ok_or(TooLong),
        }
    }
}

/// The frame that `held` begins with: `None` inside where it is not whole, outside where it is none.
fn frame(held: &mut BytesMut) -> Option<Option<Event>> {
    if held.len() < PRELUDE {
        return Some(None);
    }
    let mut prelude = &held[..PRELUDE];
    let (length, headers) = (prelude.get_u32() as usize, prelude.get_u32() as usize);
    let is_sound = crc32fast::hash(&held[..8]) == prelude.get_u32()
        && length <= MAX_MESSAGE
        && PRELUDE + headers + CHECKSUM <= length;
    if !is_sound {
        return None;
    }
    if held.len() < length {
        return Some(None);
    }
    let message = held.split_to(length).freeze();
    let (body, mut checksum) = message.split_at(length - CHECKSUM);
    if crc32fast::hash(body) != checksum.get_u32() {
        return None;
    }
    let name = name(&message[PRELUDE..PRELUDE + headers])?;
    Some(Some(Event {
        name: name.to_vec().into(),
        data: message.slice(PRELUDE + headers..length - CHECKSUM),
        id: Bytes::new(),
    }))
}

/// The message's type: that of an event, an exception or an error.
fn name(mut headers: &[u8]) -> Option<&[u8]> {
    let mut found = &b""[..];
    while !headers.is_empty() {
        let length = usize::from(headers.try_get_u8().ok()?);
        let (name, rest) = headers.split_at_checked(length)?;
        headers = rest;
        let size = match headers.try_get_u8().ok()? {
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4 => 4,
            5 | 8 => 8,
            6 | 7 => usize::from(headers.try_get_u16().ok()?),
            9 => 16,
            _ => return None,
        };
        let (value, rest) = headers.split_at_checked(size)?;
        headers = rest;
        if matches!(name, b":event-type" | b":exception-type" | b":error-code") {
            found = value;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A message as Amazon writes it.
    fn message(kind: &str, name: &str, payload: &[u8]) -> Vec<u8> {
        let mut headers = vec![];
        for (name, value) in [(":message-type", "event"), (kind, name)] {
            headers.push(name.len() as u8);
            headers.extend(name.as_bytes());
            headers.push(7);
            headers.extend((value.len() as u16).to_be_bytes());
            headers.extend(value.as_bytes());
        }
        let length = PRELUDE + headers.len() + payload.len() + CHECKSUM;
        let mut bytes = (length as u32).to_be_bytes().to_vec();
        bytes.extend((headers.len() as u32).to_be_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes.extend(headers);
        bytes.extend(payload);
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8], cuts: &[usize]) -> Result<Vec<(String, String)>, TooLong> {
        let mut events = Events::Frames(BytesMut::new());
        let mut all = vec![];
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut start = 0;
        for end in cuts.iter().copied().chain([bytes.len()]) {
            events.push(Bytes::copy_from_slice(&bytes[start..end]));
            start = end;
            while let Some(event) = events.next()? {
                all.push((text(&event.name), text(&event.data)));
            }
        }
        Ok(all)
    }

    #[test]
    fn messages_are_read_however_they_are_cut() {
        let bytes = [
            message(":event-type", "messageStart", b"{}"),
            message(
                ":exception-type",
                "throttlingException",
                b"{\"message\":\"slow\"}",
            ),
        ]
        .concat();
        let expected = [
            ("messageStart".to_owned(), "{}".to_owned()),
            (
                "throttlingException".to_owned(),
                "{\"message\":\"slow\"}".to_owned(),
            ),
        ];
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes, &[cut]).unwrap(), expected, "{cut}");
        }
    }

    #[test]
    fn a_bit_that_is_wrong_is_found() {
        let bytes = message(":event-type", "messageStart", b"{}");
        for at in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert!(read(&wrong, &[]).is_err(), "{at}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, &[]);
        }
    }
}
