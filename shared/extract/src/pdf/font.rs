//! What the bytes of a shown text mean, and how wide they are.

use lopdf::{Dictionary, Document, Encoding, Error, Object};
use std::collections::HashMap;

/// Wide enough for most glyphs of a font that does not say, in thousandths of its size.
const USUAL_WIDTH: f32 = 500.0;

/// Widths of a font of which each must be noted: more than any real font has.
const MAX_WIDTHS: usize = 70_000;

/// A font of a page.
pub(super) struct Font<'a> {
    /// Its own map to Unicode.
    to_unicode: Option<Encoding<'a>>,
    /// By the names of its glyphs.
    encoding: Option<Encoding<'a>>,
    /// Whether a code has two bytes.
    is_composite: bool,
    widths: HashMap<u32, f32>,
    default_width: f32,
    /// From the units of widths to those of text: a thousandth, but for fonts whose glyphs are drawings.
    scale: f32,
}

/// One code of a shown text.
pub(super) struct Glyph {
    /// What it means; nothing where the font does not say.
    pub(super) text: String,
    /// In units of text, for a font of size 1.
    pub(super) width: f32,
    /// Whether word spacing is added after it.
    pub(super) is_space: bool,
}

impl<'a> Font<'a> {
    /// The error is that a stream of it inflates beyond `inflated` bytes.
    pub(super) fn read(
        font: &'a Dictionary,
        document: &'a Document,
        inflated: usize,
    ) -> Result<Self, Error> {
        let name = |key: &[u8]| font.get_deref(key, document).and_then(Object::as_name);
        let is_composite = name(b"Subtype").is_ok_and(|kind| kind == b"Type0");
        let mut read = Self {
            to_unicode: to_unicode(font, document, inflated)?,
            encoding: encoding(font, document, inflated, is_composite)?,
            is_composite,
            widths: HashMap::new(),
            default_width: USUAL_WIDTH,
            scale: 0.001,
        };
        if is_composite {
            read.default_width = 1000.0;
            read.read_composite(font, document);
        } else {
            read.read_simple(font, document);
        }
        if name(b"Subtype").is_ok_and(|kind| kind == b"Type3")
            && let Ok(matrix) = font.get_deref(b"FontMatrix", document)
            && let Ok([first, ..]) = matrix.as_array().map(Vec::as_slice)
        {
            read.scale = first.as_float().unwrap_or(read.scale);
        }
        Ok(read)
    }

    /// Bytes of its maps, each of at most `most`: what reading it costs.
    pub(super) fn inflated(font: &Dictionary, document: &Document, most: usize) -> usize {
        let maps = [&b"ToUnicode"[..], b"Encoding"].into_iter();
        let maps = maps.filter_map(|key| font.get_deref(key, document).ok()?.as_stream().ok());
        maps.map(|map| {
            map.get_plain_content_with_limit(most)
                .map_or(most, |content| content.len())
        })
        .sum()
    }

    /// `FirstChar` and `Widths`.
    fn read_simple(&mut self, font: &Dictionary, document: &Document) {
        let first = font.get_deref(b"FirstChar", document);
        let first = first.and_then(Object::as_i64).unwrap_or_default();
        let Ok(widths) = font
            .get_deref(b"Widths", document)
            .and_then(Object::as_array)
        else {
            return;
        };
        for (code, width) in (first..256).zip(widths) {
            let width = document.dereference(width).map(|(_, width)| width);
            if let (Ok(code), Ok(width)) = (u32::try_from(code), width.and_then(Object::as_float)) {
                self.widths.insert(code, width);
            }
        }
    }

    /// `DW` and `W` of the font that it is made from: `FIRST [WIDTH…]` and `FIRST LAST WIDTH`.
    fn read_composite(&mut self, font: &Dictionary, document: &Document) {
        let made_from = || {
            let fonts = font.get_deref(b"DescendantFonts", document)?.as_array()?;
            let first = fonts.first().ok_or(Error::DictKey(String::new()))?;
            document.dereference(first)?.1.as_dict()
        };
        let Ok(font) = made_from() else {
            return;
        };
        if let Ok(width) = font.get_deref(b"DW", document).and_then(Object::as_float) {
            self.default_width = width;
        }
        let Ok(list) = font.get_deref(b"W", document).and_then(Object::as_array) else {
            return;
        };
        let mut rest = list.iter().map(|object| {
            let found = document.dereference(object);
            found.map_or(object, |(_, object)| object)
        });
        while let (Some(first), Some(second)) = (rest.next(), rest.next()) {
            let Ok(first) = first.as_i64().map(|first| first.clamp(0, 0xffff) as u32) else {
                return;
            };
            match second {
                Object::Array(widths) => {
                    for (code, width) in (first..).zip(widths) {
                        self.note(code, width);
                    }
                }
                last => {
                    let (Ok(last), Some(width)) = (last.as_i64(), rest.next()) else {
                        return;
                    };
                    for code in first..=last.clamp(0, 0xffff) as u32 {
                        self.note(code, width);
                    }
                }
            }
            if self.widths.len() > MAX_WIDTHS {
                return;
            }
        }
    }

    fn note(&mut self, code: u32, width: &Object) {
        if let Ok(width) = width.as_float() {
            self.widths.insert(code, width);
        }
    }

    /// The codes of a text.
    pub(super) fn glyphs<'b>(&'b self, bytes: &'b [u8]) -> impl Iterator<Item = Glyph> + 'b {
        let length = if self.is_composite { 2 } else { 1 };
        bytes.chunks(length).map(move |code| {
            let number = code
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte));
            let width = self.widths.get(&number).copied();
            Glyph {
                text: self.meaning(code),
                width: width.unwrap_or(self.default_width) * self.scale,
                is_space: code == b" ",
            }
        })
    }

    fn meaning(&self, code: &[u8]) -> String {
        let known = [&self.to_unicode, &self.encoding].into_iter().flatten();
        let meanings = known.filter_map(|encoding| encoding.bytes_to_string(code).ok());
        let readable = meanings.map(|mut text| {
            text.retain(|c| {
                c != char::REPLACEMENT_CHARACTER && (!c.is_control() || c.is_whitespace())
            });
            text
        });
        let mut readable = readable.filter(|text| !text.is_empty());
        readable.next().unwrap_or_default()
    }
}

fn to_unicode<'a>(
    font: &Dictionary,
    document: &Document,
    inflated: usize,
) -> Result<Option<Encoding<'a>>, Error> {
    let Ok(map) = font.get(b"ToUnicode") else {
        return Ok(None);
    };
    // lopdf reads the map of a font only where it has nothing else.
    let mut alone = Dictionary::new();
    alone.set("Type", Object::Name(b"Font".to_vec()));
    alone.set("ToUnicode", map.clone());
    match alone.get_font_encoding_with_limit(document, inflated) {
        Ok(Encoding::UnicodeMapEncoding(map)) => Ok(Some(Encoding::UnicodeMapEncoding(map))),
        Err(error @ Error::Decompress(_)) => Err(error),
        _ => Ok(None),
    }
}

fn encoding<'a>(
    font: &'a Dictionary,
    document: &'a Document,
    inflated: usize,
    is_composite: bool,
) -> Result<Option<Encoding<'a>>, Error> {
    match font.get_font_encoding_with_limit(document, inflated) {
        Err(error @ Error::Decompress(_)) => Err(error),
        // What lopdf falls back to is for codes of one byte.
        Ok(Encoding::OneByteEncoding(_)) if is_composite => Ok(None),
        found => Ok(found.ok()),
    }
}
