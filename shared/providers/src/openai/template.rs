//! The chunks of a stream differ in their text and in nothing else, mostly.

use memchr::arch::all;

/// A chunk that was parsed, without the text of its one choice: what has the same bytes around
/// another plain text needs no parsing.
#[derive(Debug, Default)]
pub(super) struct Template {
    /// Up to and with the text's opening quote.
    before: Vec<u8>,
    /// From its closing quote on.
    after: Vec<u8>,
}

impl Template {
    /// Learns from `json`, in which `text` is a JSON string, quotes included.
    pub(super) fn learn(&mut self, json: &[u8], text: &str) {
        // `text` is a slice of `json`: its place is the distance of the two.
        let start = (text.as_ptr() as usize).wrapping_sub(json.as_ptr() as usize) + 1;
        let end = start + text.len().saturating_sub(2);
        if let (Some(before), Some(after)) = (json.get(..start), json.get(end..)) {
            self.before.clear();
            self.before.extend_from_slice(before);
            self.after.clear();
            self.after.extend_from_slice(after);
        }
    }

    /// The text of a chunk like the one that was learned from; `None` where it is another, or
    /// its text has escapes.
    pub(super) fn text<'a>(&self, json: &'a [u8]) -> Option<&'a str> {
        if self.before.is_empty() {
            return None;
        }
        let rest = json.get(self.before.len()..)?;
        if !(is_prefix(json, &self.before) && is_suffix(rest, &self.after)) {
            return None;
        }
        let text = &rest[..rest.len() - self.after.len()];
        let plain = |byte: &u8| *byte >= b' ' && *byte != b'"' && *byte != b'\\';
        if !text.iter().all(plain) {
            return None;
        }
        std::str::from_utf8(text).ok()
    }
}

/// Slices of bytes are compared byte by byte on wasm; there these, which go word by word, are quicker.
const IS_WASM: bool = cfg!(target_arch = "wasm32");

fn is_prefix(text: &[u8], prefix: &[u8]) -> bool {
    match IS_WASM {
        true => all::is_prefix(text, prefix),
        false => text.starts_with(prefix),
    }
}

fn is_suffix(text: &[u8], suffix: &[u8]) -> bool {
    match IS_WASM {
        true => all::is_suffix(text, suffix),
        false => text.ends_with(suffix),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: &str = r#"{"id":1,"choices":[{"delta":{"content":"a"}}]}"#;

    fn template() -> Template {
        let mut template = Template::default();
        let at = CHUNK.find(r#""a""#).unwrap();
        template.learn(CHUNK.as_bytes(), &CHUNK[at..at + 3]);
        template
    }

    #[test]
    fn another_plain_text_is_found() {
        for text in ["", "b", "你好 world", "a}]}{"] {
            let chunk = CHUNK.replace(r#""a""#, &format!("\"{text}\""));
            assert_eq!(template().text(chunk.as_bytes()), Some(text));
        }
    }

    #[test]
    fn what_differs_elsewhere_or_is_not_plain_is_not() {
        let other = [
            CHUNK.replace("id", "ie"),
            CHUNK.replace("}]}", "}]} "),
            CHUNK.replace("}]}", "}] "),
            CHUNK.replace(r#""a""#, r#""\n""#),
            CHUNK.replace(r#""a""#, r#""a","content":"b""#),
            CHUNK.replace(r#""a""#, "\"\n\""),
            CHUNK.replace(r#""a""#, "null"),
            CHUNK[..20].into(),
        ];
        for chunk in other {
            assert_eq!(template().text(chunk.as_bytes()), None, "{chunk}");
        }
        let latin = CHUNK.as_bytes().to_vec();
        let latin: Vec<u8> = latin
            .into_iter()
            .map(|byte| if byte == b'a' { 0xff } else { byte })
            .collect();
        assert_eq!(template().text(&latin), None);
        assert_eq!(Template::default().text(b"{}"), None);
    }
}
