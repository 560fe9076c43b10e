//! The kind of an answer's body, told by its first bytes: labels (`Content-Type`) are often wrong.

/// A kind of body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A JSON document.
    Json,
    /// Server-sent events.
    Events,
    /// HTML or XML: a page of a proxy.
    Page,
}

impl Content {
    /// The kind of a body that begins with `start`; `None` while that is only white space, which
    /// vendors send as a sign of life.
    pub(crate) fn of(start: &[u8]) -> Option<Self> {
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        Some(match start.trim_ascii_start().first()? {
            b'{' | b'[' => Self::Json,
            b'<' => Self::Page,
            _ => Self::Events,
        })
    }

    /// The same of a whole body, in which anything that is not an event stream is no answer.
    pub(crate) fn of_whole(body: &[u8]) -> Option<Self> {
        match Self::of(body)? {
            Self::Events if !starts_like_events(body) => None,
            kind => Some(kind),
        }
    }
}

fn starts_like_events(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let body = body.trim_ascii_start();
    [&b"data:"[..], b"event:", b"id:", b"retry:", b":"]
        .iter()
        .any(|start| body.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_is_no_white_space_decides() {
        let cases: &[(&str, Option<Content>)] = &[
            ("", None),
            ("\r\n \n", None),
            ("\n\n{\"a\":1}", Some(Content::Json)),
            ("\u{feff}[1]", Some(Content::Json)),
            ("data: {}", Some(Content::Events)),
            ("\n: ping", Some(Content::Events)),
            ("\u{feff}event: x", Some(Content::Events)),
            ("<!doctype html>", Some(Content::Page)),
        ];
        for (text, kind) in cases {
            assert_eq!(Content::of(text.as_bytes()), *kind, "{text:?}");
            assert_eq!(Content::of_whole(text.as_bytes()), *kind, "{text:?}");
        }
        assert_eq!(Content::of_whole(b"upstream connect error"), None);
    }
}
