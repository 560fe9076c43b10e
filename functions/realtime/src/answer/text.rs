//! Text in an answer: a string of JSON, or Mistral's and OpenAI's lists of parts.

use serde::{Deserialize, Deserializer, de::Visitor};
use serde_json::value::RawValue;
use std::{fmt, mem::take};

/// The bytes of a JSON string, in WTF-8: vendors that cut a text between two tokens send halves of
/// surrogate pairs, which no `String` can hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Wtf8(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Wtf8 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde_json gives a string as bytes without refusing halves of surrogate pairs.
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Wtf8;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Wtf8, E> {
        Ok(Wtf8(bytes.to_vec()))
    }
}

/// Joins the pieces of one text, and the halves of surrogate pairs at their ends.
#[derive(Debug, Default)]
pub(super) struct TextJoiner {
    /// The first half of a pair, whose other half is in the next piece.
    high: Option<u16>,
}

impl TextJoiner {
    /// The text of the next piece, as far as it is whole.
    pub(super) fn push(&mut self, piece: Wtf8) -> String {
        let Wtf8(bytes) = piece;
        match self.high {
            None => String::from_utf8(bytes).unwrap_or_else(|error| self.join(error.as_bytes())),
            Some(_) => self.join(&bytes),
        }
    }

    /// The end of the text: U+FFFD where a half is left over.
    pub(super) fn finish(&mut self) -> &'static str {
        match self.high.take() {
            Some(_) => "\u{fffd}",
            None => "",
        }
    }

    fn join(&mut self, mut bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len() + 1);
        while !bytes.is_empty() {
            let end = bytes.windows(2).position(is_surrogate);
            let (plain, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if !plain.is_empty() {
                text.push_str(self.finish());
                text.push_str(&String::from_utf8_lossy(plain));
            }
            let Some((&[_, middle, last], rest)) = rest.split_first_chunk() else {
                break;
            };
            self.surrogate(0xd000 | bits(middle) << 6 | bits(last), &mut text);
            bytes = rest;
        }
        text
    }

    fn surrogate(&mut self, unit: u16, text: &mut String) {
        let pair = self.high.take().map(|high| [high, unit]);
        let whole = pair.and_then(|pair| char::decode_utf16(pair).next()?.ok());
        if let Some(whole) = whole {
            return text.push(whole);
        }
        if pair.is_some() {
            text.push('\u{fffd}');
        }
        match unit {
            0xd800..0xdc00 => self.high = Some(unit),
            _ => text.push('\u{fffd}'),
        }
    }
}

/// Whether a surrogate begins there: only surrogates have these two bytes in WTF-8.
fn is_surrogate(bytes: &[u8]) -> bool {
    matches!(bytes, [0xed, 0xa0..=0xff])
}

/// The bits of a byte that continues a character.
const fn bits(byte: u8) -> u16 {
    (byte & 0x3f) as u16
}

/// A part of a text, or of a thought.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
}

/// The text and the reasoning of a message's `content`.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) text: Wtf8,
    pub(super) reasoning: Wtf8,
}

impl Content {
    /// Of a string, or of a list of parts: `text`, and Mistral's `thinking`
    /// (<https://docs.mistral.ai/capabilities/reasoning>). Parts of other kinds say nothing.
    pub(super) fn read(raw: &RawValue) -> Self {
        let mut content = Self::default();
        if let Ok(text) = serde_json::from_str(raw.get()) {
            content.text = text;
            return content;
        }
        for part in parts(raw) {
            content
                .text
                .0
                .extend(part.text.map(text).unwrap_or_default().0);
            let thought = part.thinking.map(Self::read).unwrap_or_default();
            content.reasoning.0.extend(thought.text.0);
        }
        content
    }
}

fn parts(raw: &RawValue) -> Vec<Part<'_>> {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

/// A JSON string; anything else is no text.
pub(super) fn text(raw: &RawValue) -> Wtf8 {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

/// Takes a text that is whole.
pub(super) fn whole(text: &mut Wtf8) -> String {
    let mut joiner = TextJoiner::default();
    joiner.push(take(text)) + joiner.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[&str]) -> String {
        let mut joiner = TextJoiner::default();
        let pieces = pieces.iter().map(|piece| serde_json::from_str(piece));
        let text: String = pieces.map(|piece| joiner.push(piece.unwrap())).collect();
        text + joiner.finish()
    }

    #[test]
    fn halves_of_a_pair_are_joined_wherever_they_are_cut() {
        assert_eq!(joined(&[r#""a\ud83d""#, r#""\ude00b""#]), "a😀b");
        assert_eq!(joined(&[r#""\ud83d\ude00""#, r#""ü""#]), "😀ü");
        assert_eq!(
            joined(&[r#""\ud83d""#, r#""""#, r#""\ude00\ud83d""#, r#""\ude00""#]),
            "😀😀"
        );
    }

    #[test]
    fn a_half_without_its_other_half_is_the_replacement_character() {
        assert_eq!(joined(&[r#""\ud83d""#, r#""x""#]), "\u{fffd}x");
        assert_eq!(joined(&[r#""\ude00x\ud83d""#]), "\u{fffd}x\u{fffd}");
        assert_eq!(joined(&[r#""\ud83d\ud83d\ude00""#]), "\u{fffd}😀");
        assert_eq!(
            joined(&["\"\u{d7ff}\u{e000}\"", r#""\ud83d""#]),
            "\u{d7ff}\u{e000}\u{fffd}"
        );
    }

    #[test]
    fn a_list_of_parts_is_its_texts_and_its_thoughts() {
        let raw = r#"[{"type":"thinking","thinking":[{"type":"text","text":"h"},{"type":"text","text":"m"}]},
            {"type":"text","text":"4"},{"type":"image_url","image_url":"x"},{"type":"text","text":"2"}]"#;
        let mut content = Content::read(&RawValue::from_string(raw.into()).unwrap());
        assert_eq!(whole(&mut content.text), "42");
        assert_eq!(whole(&mut content.reasoning), "hm");
        for nothing in ["null", "7", "{}", "[7]"] {
            let mut content = Content::read(&RawValue::from_string(nothing.into()).unwrap());
            assert_eq!(whole(&mut content.text), "", "{nothing}");
        }
    }
}
