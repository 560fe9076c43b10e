//! Server-sent events, as the HTML standard interprets an event stream
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>):
//! lines end with LF, CRLF or CR, a leading byte order mark is skipped, lines that start with a
//! colon are comments, several `data` lines are one value joined by LF.
//!
//! [`Parser::push`] takes bytes as they come, [`Parser::next`] gives the events that are complete:
//! the same ones however the bytes were split. A `data` line that lies whole in one push is not
//! copied. Bytes are not checked to be UTF-8.

use bytes::{Buf, Bytes};
use memchr::{memchr, memchr2};
use std::time::Duration;

/// The longest line, and the most data in one event, in bytes: a picture comes as one event, so an
/// event may be as large as a whole answer. Memory is taken as an event grows.
pub const MAX_EVENT: usize = 32 << 20;

/// An event with data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The `event` field; empty stands for `message`.
    pub name: Bytes,
    /// The `data` lines, joined by LF.
    pub data: Bytes,
    /// The last `id` field of the stream up to here.
    pub id: Bytes,
}

/// An event or line is longer than the parser allows. It gives nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is too long")]
pub struct TooLong;

/// Turns bytes into events.
#[derive(Debug)]
pub struct Parser {
    /// The longest line or event, in bytes.
    most: usize,
    /// The last push, and where the next line in it begins.
    chunk: Bytes,
    at: usize,
    /// Whether CR ends any of its lines: looking for LF alone is twice as quick.
    has_cr: bool,
    /// The start of a line whose end has not come yet.
    partial: Vec<u8>,
    /// The last line ended with CR: an LF that follows belongs to it.
    after_cr: bool,
    /// The first line, where a byte order mark may be, is over.
    past_first: bool,
    too_long: bool,
    name: Bytes,
    data: Data,
    id: Bytes,
    retry: Option<Duration>,
}

#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    /// A single line, mostly a slice of what was pushed.
    One(Bytes),
    Joined(Vec<u8>),
}

/// A line without its end.
enum Line {
    /// From and to where it stands in the last push.
    Pushed(usize, usize),
    /// It began in an earlier one.
    Joined(Bytes),
}

impl Line {
    fn len(&self) -> usize {
        match self {
            Self::Pushed(start, end) => end - start,
            Self::Joined(bytes) => bytes.len(),
        }
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn skip(&mut self, count: usize) {
        match self {
            Self::Pushed(start, _) => *start += count,
            Self::Joined(bytes) => bytes.advance(count),
        }
    }
}

/// The fields that matter.
enum Name {
    Data,
    Event,
    Id,
    Retry,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new(MAX_EVENT)
    }
}

impl Parser {
    /// Allows lines and events of up to `most` bytes.
    fn new(most: usize) -> Self {
        Self {
            most,
            chunk: Bytes::new(),
            at: 0,
            has_cr: false,
            partial: Vec::new(),
            after_cr: false,
            past_first: false,
            too_long: false,
            name: Bytes::new(),
            data: Data::None,
            id: Bytes::new(),
            retry: None,
        }
    }

    /// How long to wait before the stream is asked for again, where the server has said so.
    pub const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn bounded(&self, length: usize) -> Result<(), TooLong> {
        if length > self.most {
            return Err(TooLong);
        }
        Ok(())
    }

    /// Adds bytes. Cheapest when [`Self::next`] has returned `None` before.
    pub fn push(&mut self, bytes: Bytes) {
        self.chunk = match &self.chunk[self.at..] {
            [] => bytes,
            left => [left, &*bytes].concat().into(),
        };
        self.at = 0;
        self.has_cr = memchr(b'\r', &self.chunk).is_some();
    }

    /// The next complete event, `None` until more bytes come.
    #[allow(clippy::should_implement_trait)] // Not an iterator: `None` is not the end.
    pub fn next(&mut self) -> Result<Option<Event>, TooLong> {
        if self.too_long {
            return Err(TooLong);
        }
        let event = self.advance();
        self.too_long = event.is_err();
        event
    }

    fn advance(&mut self) -> Result<Option<Event>, TooLong> {
        while let Some(line) = self.line()? {
            if !line.is_empty() {
                self.field(line)?;
            } else if let Some(event) = self.dispatch() {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// The next whole line, without its end.
    fn line(&mut self) -> Result<Option<Line>, TooLong> {
        let rest = &self.chunk[self.at..];
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            if rest[0] == b'\n' {
                self.at += 1;
            }
        }
        let rest = &self.chunk[self.at..];
        let end = match self.has_cr {
            true => memchr2(b'\n', b'\r', rest),
            false => memchr(b'\n', rest),
        };
        let Some(length) = end else {
            self.partial.extend_from_slice(rest);
            // An empty slice would still hold the memory of all that was pushed.
            (self.chunk, self.at) = (Bytes::new(), 0);
            return self.bounded(self.partial.len()).map(|()| None);
        };
        self.after_cr = rest[length] == b'\r';
        let mut line = Line::Pushed(self.at, self.at + length);
        if !self.partial.is_empty() {
            self.partial.extend_from_slice(&rest[..length]);
            line = Line::Joined(std::mem::take(&mut self.partial).into());
        }
        self.at += length + 1;
        self.bounded(line.len())?;
        if !self.past_first {
            self.past_first = true;
            if self.text(&line).starts_with(b"\xef\xbb\xbf") {
                line.skip(3);
            }
        }
        Ok(Some(line))
    }

    fn text<'a>(&'a self, line: &'a Line) -> &'a [u8] {
        match line {
            Line::Pushed(start, end) => &self.chunk[*start..*end],
            Line::Joined(bytes) => bytes,
        }
    }

    fn field(&mut self, mut line: Line) -> Result<(), TooLong> {
        let text = self.text(&line);
        let colon = memchr(b':', text).unwrap_or(text.len());
        let after = text.get(colon + 1..).unwrap_or_default();
        let skip = usize::from(after.first() == Some(&b' '));
        let name = match &text[..colon] {
            b"data" => Name::Data,
            b"event" => Name::Event,
            b"id" if memchr(0, after).is_none() => Name::Id,
            b"retry" => Name::Retry,
            _ => return Ok(()),
        };
        line.skip((colon + 1 + skip).min(line.len()));
        let value = match line {
            Line::Pushed(start, end) => self.chunk.slice(start..end),
            Line::Joined(bytes) => bytes,
        };
        match name {
            Name::Data => self.add_data(value)?,
            Name::Event => self.name = value,
            // Kept for as long as the stream lives: copied, so that it does not hold the push.
            Name::Id => self.id = Bytes::copy_from_slice(&value),
            Name::Retry => self.retry = milliseconds(&value).or(self.retry),
        }
        Ok(())
    }

    fn add_data(&mut self, value: Bytes) -> Result<(), TooLong> {
        self.data = match std::mem::take(&mut self.data) {
            Data::None => Data::One(value),
            Data::One(first) => Data::Joined([&*first, &*value].join(&b'\n')),
            Data::Joined(mut data) => {
                data.push(b'\n');
                data.extend_from_slice(&value);
                Data::Joined(data)
            }
        };
        match &self.data {
            Data::Joined(data) => self.bounded(data.len()),
            _ => Ok(()),
        }
    }

    fn dispatch(&mut self) -> Option<Event> {
        let name = std::mem::take(&mut self.name);
        let data = match std::mem::take(&mut self.data) {
            Data::None => return None,
            Data::One(data) => data,
            Data::Joined(data) => data.into(),
        };
        Some(Event {
            name,
            data,
            id: self.id.clone(),
        })
    }
}

/// The value of `retry`: digits and nothing else.
fn milliseconds(value: &[u8]) -> Option<Duration> {
    let digits = str::from_utf8(value).ok()?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_testkit::hostile;
    use proptest::prelude::*;

    const MOST: usize = 1 << 20;

    /// All events of `bytes` pushed in pieces that end at `cuts`, and whether it broke off.
    fn events(bytes: &[u8], cuts: &[usize]) -> (Vec<Event>, bool) {
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
        ends.push(bytes.len());
        ends.sort_unstable();
        let (mut parser, mut events, mut start) = (Parser::new(MOST), vec![], 0);
        for end in ends {
            parser.push(Bytes::copy_from_slice(&bytes[start..end]));
            start = end;
            loop {
                match parser.next() {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => break,
                    Err(TooLong) => return (events, true),
                }
            }
        }
        (events, false)
    }

    fn data(text: &str) -> Vec<String> {
        let text_of = |event: &Event| String::from_utf8(event.data.to_vec()).unwrap();
        events(text.as_bytes(), &[]).0.iter().map(text_of).collect()
    }

    /// The examples of the standard, and its corners.
    #[test]
    fn the_standard_is_followed() {
        let cases: &[(&str, &[&str])] = &[
            ("data: YHOO\ndata: +2\ndata: 10\n\n", &["YHOO\n+2\n10"]),
            (
                ": test\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n",
                &["first", "second", " third"],
            ),
            ("data\n\ndata\ndata\n\ndata:", &["", "\n"]),
            ("data:test\n\ndata: test\n\n", &["test", "test"]),
            ("data: a\r\rdata: b\r\n\r\ndata: c\n\r\n", &["a", "b", "c"]),
            ("\u{feff}data: a\n\n\u{feff}data: b\n\n", &["a"]),
            (
                "data: a\r\ndata: b\r\n\r\ndata: c\rdata: d\r\r",
                &["a\nb", "c\nd"],
            ),
            ("event: x\n\ndata: a:b\n\n", &["a:b"]),
            ("retry: 5\nretry: 5s\nnonsense\ndata : x\n\n", &[]),
            ("data: unfinished\n", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(data(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn the_pause_is_told_in_digits() {
        let retry = |text: &'static [u8]| {
            let mut parser = Parser::default();
            parser.push(Bytes::from_static(text));
            assert_eq!(parser.next(), Ok(None));
            parser.retry().map(|pause| pause.as_millis())
        };
        assert_eq!(retry(b"retry: 700\nretry: soon\nretry\n\n"), Some(700));
        assert_eq!(retry(b"retry: -1\nretry: +1\n\n"), None);
    }

    #[test]
    fn names_are_of_one_event_and_ids_of_all_that_follow() {
        let (events, _) = events(
            b"event: a\nid: 7\ndata: 1\n\ndata: 2\n\nid: \0\ndata: 3\n\nid\ndata: 4\n\n",
            &[],
        );
        let seen: Vec<_> = events
            .iter()
            .map(|event| (&*event.name, &*event.id))
            .collect();
        assert_eq!(
            seen,
            [(&b"a"[..], &b"7"[..]), (b"", b"7"), (b"", b"7"), (b"", b"")]
        );
    }

    #[test]
    fn a_line_within_one_push_is_not_copied() {
        let pushed = Bytes::from_static(b"data: hello\n\n");
        let mut parser = Parser::default();
        parser.push(pushed.clone());
        let event = parser.next().unwrap().unwrap();
        assert_eq!(event.data.as_ptr(), pushed[6..].as_ptr());
    }

    #[test]
    fn what_was_read_is_not_held() {
        let pushed = Bytes::from(b"id: 1\ndata: hello\n\ndata: hal".to_vec());
        let mut parser = Parser::default();
        parser.push(pushed.clone());
        while parser.next().unwrap().is_some() {}
        assert!(pushed.is_unique());
    }

    #[test]
    fn an_event_is_bounded_however_it_is_made() {
        let line = format!("data: {}\n\n", "x".repeat(MOST));
        let lines = format!("data: {}\n", "x".repeat(1000)).repeat(MOST / 1000);
        let endless = "x".repeat(MOST + 1);
        for text in [line, lines, endless] {
            for cuts in [&[][..], &[5, 700_000]] {
                assert_eq!(events(text.as_bytes(), cuts), (vec![], true));
            }
        }
        let fits = format!("data: {}\n\n", "x".repeat(MOST - 6));
        assert_eq!(events(fits.as_bytes(), &[3]).0.len(), 1);
    }

    #[test]
    fn an_event_may_be_as_large_as_an_answer() {
        let mut parser = Parser::default();
        let picture = vec![b'A'; 3 << 20];
        parser.push(Bytes::from_static(b"data: "));
        for piece in picture.chunks(64 << 10) {
            parser.push(Bytes::copy_from_slice(piece));
            assert_eq!(parser.next(), Ok(None));
        }
        parser.push(Bytes::from_static(b"\n\ndata: x\n\n"));
        assert_eq!(parser.next().unwrap().unwrap().data.len(), picture.len());
        assert_eq!(parser.next().unwrap().unwrap().data, "x");
        assert_eq!(parser.partial.capacity(), 0, "the memory is given back");
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_events(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "data: a", "data:", "data", "event: e", "id: 1", "id", ": c", "x", "é", "\u{feff}",
                "\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\n",
            ]), 0..40),
            cuts in prop::collection::vec(0usize..400, 0..40),
        ) {
            let text = pieces.concat();
            prop_assert_eq!(events(text.as_bytes(), &cuts), events(text.as_bytes(), &[]));
        }

        #[test]
        fn hostile_bytes_are_events_however_they_are_split(bytes in hostile(vec![
            b"event: a\nid: 7\nretry: 5\ndata: {\"a\":1}\n\n: ping\r\n\r\ndata: b\rdata: c\r\r".to_vec(),
            b"\xef\xbb\xbfdata: [DONE]\n\n".to_vec(),
        ])) {
            let every_byte = Vec::from_iter(0..bytes.len());
            prop_assert_eq!(events(&bytes, &every_byte), events(&bytes, &[]));
        }

        #[test]
        fn what_was_written_is_read(values in prop::collection::vec("[^\r\n\u{feff}]{1,30}", 0..20), ending in 0usize..3) {
            let end = ["\n", "\r", "\r\n"][ending];
            let text: String = values.iter().map(|value| format!("data: {value}{end}{end}")).collect();
            prop_assert_eq!(data(&text), values);
        }
    }
}
