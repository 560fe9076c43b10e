//! What a file is: by its first bytes, and for text by what it looks like and is called.

use serde::de::IgnoredAny;

/// A file's type, with what was found on the way.
pub(crate) enum Kind<'a> {
    Pdf,
    Docx,
    Html(&'a str),
    /// Text that is its own text.
    Text {
        text: &'a str,
        content_type: &'static str,
    },
    /// Without text.
    Other(&'static str),
}

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

impl Kind<'_> {
    pub(crate) const fn content_type(&self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => DOCX,
            Self::Html(_) => "text/html",
            Self::Text { content_type, .. } | Self::Other(content_type) => content_type,
        }
    }
}

pub(crate) fn detect<'a>(bytes: &'a [u8], name: &str) -> Kind<'a> {
    // An archive of Office that is stored in another order than usual is told by its name.
    let is_zip = bytes.starts_with(b"PK\x03\x04");
    if let Some(known) = infer::get(bytes) {
        return match known.mime_type() {
            "application/pdf" => Kind::Pdf,
            DOCX => Kind::Docx,
            "application/zip" if has_ending(name, "docx") => Kind::Docx,
            // What looks like a page is looked at again below, as text.
            "text/html" | "text/xml" => return text(bytes, name),
            other => Kind::Other(other),
        };
    }
    match is_zip {
        true => Kind::Other("application/zip"),
        false => text(bytes, name),
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    let ending_of = name.rsplit_once('.').map(|(_, ending)| ending);
    ending_of.is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

fn text<'a>(bytes: &'a [u8], name: &str) -> Kind<'a> {
    // The mark that some editors write first is no text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Kind::Other("application/octet-stream");
    };
    if text.contains('\0') {
        return Kind::Other("application/octet-stream");
    }
    let start = text.trim_start();
    let begins = |with: &str| {
        let first = start.get(..with.len());
        first.is_some_and(|first| first.eq_ignore_ascii_case(with))
    };
    let is = |endings: &[&str]| endings.iter().any(|ending| has_ending(name, ending));
    if begins("<!doctype html") || begins("<html") || is(&["html", "htm", "xhtml"]) {
        return Kind::Html(text);
    }
    let content_type = if is(&["md", "markdown"]) {
        "text/markdown"
    } else if is(&["csv"]) {
        "text/csv"
    } else if begins("{") || begins("[") || is(&["json"]) {
        json(text)
    } else if begins("<?xml") || is(&["xml", "svg"]) {
        "text/xml"
    } else {
        "text/plain"
    };
    Kind::Text { text, content_type }
}

/// What is not JSON although it begins so is plain text. However deep it nests, nothing here does.
fn json(text: &str) -> &'static str {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => "application/json",
        Err(_) => "text/plain",
    }
}
