//! Pictures and documents: `data:` URLs and addresses, by what their bytes are.

use super::content::Block;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Serialize;

/// Standard base64, its padding optional.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Characters of base64 that tell a type: 12 bytes.
const START: usize = 16;

/// Where an image or a document comes from.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Source<'a> {
    Base64 {
        media_type: &'static str,
        data: &'a str,
    },
    Text {
        media_type: &'static str,
        data: String,
    },
    Url {
        url: &'a str,
    },
}

/// What is wrong with a picture or a document.
pub(super) type Issue = &'static str;

/// An image by address or in a `data:` URL, which may hold a document, too.
pub(super) fn image(url: &str) -> Result<Block<'_>, Issue> {
    if is_address(url) {
        return Ok(Block::Image {
            source: Source::Url { url },
        });
    }
    let (label, data) =
        data_url(url).ok_or("must be an http or https URL or base64 in a data: URL")?;
    media(&label, data, None)
}

/// A file by address, in a `data:` URL, or in bare base64.
pub(super) fn file<'a>(data: &'a str, title: Option<&'a str>) -> Result<Block<'a>, Issue> {
    if is_address(data) {
        let source = Source::Url { url: data };
        return Ok(Block::Document { source, title });
    }
    let (label, data) = data_url(data).unwrap_or_else(|| (String::new(), data));
    media(&label, data, title)
}

fn is_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The media type, in lower case, and the data of `data:image/png;base64,…`.
fn data_url(url: &str) -> Option<(String, &str)> {
    let (head, data) = url.split_once(',')?;
    let head = head.to_ascii_lowercase();
    let label = head.strip_prefix("data:")?.strip_suffix(";base64")?;
    let label = label.split(';').next().unwrap_or_default();
    Some((label.trim().into(), data))
}

/// The block for base64 that is labelled as `label`; its bytes are believed first.
fn media<'a>(label: &str, data: &'a str, title: Option<&'a str>) -> Result<Block<'a>, Issue> {
    let media_type = of_bytes(data).or(match label {
        "image/jpeg" | "image/jpg" | "image/pjpeg" => Some("image/jpeg"),
        "image/png" | "image/x-png" => Some("image/png"),
        "image/gif" => Some("image/gif"),
        "image/webp" => Some("image/webp"),
        "application/pdf" => Some("application/pdf"),
        _ => None,
    });
    match media_type {
        Some(media_type @ "application/pdf") => Ok(Block::Document {
            source: Source::Base64 { media_type, data },
            title,
        }),
        Some(media_type) => Ok(Block::Image {
            source: Source::Base64 { media_type, data },
        }),
        None if is_text(label) => Ok(Block::Document {
            source: Source::Text {
                media_type: "text/plain",
                data: text(data).ok_or("must be UTF-8 in base64")?,
            },
            title,
        }),
        None => Err("must be a JPEG, PNG, GIF or WebP image, a PDF or a text"),
    }
}

/// The type of a file by its first bytes.
fn of_bytes(data: &str) -> Option<&'static str> {
    let start = data.get(..START).unwrap_or(data);
    let bytes = BASE64.decode(start.trim_end_matches('=')).ok()?;
    match &*bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => Some("image/webp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

fn is_text(label: &str) -> bool {
    let texts = ["application/json", "application/xml", "application/yaml"];
    label.starts_with("text/") || texts.contains(&label)
}

fn text(data: &str) -> Option<String> {
    String::from_utf8(BASE64.decode(data).ok()?).ok()
}
