use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the `attr-char`s of RFC 8187.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `attachment`, with the file's name whatever is in it (RFC 6266): in `filename*` exactly, in `filename`
/// for old clients with `_` for what they misread.
pub(crate) fn attachment(name: &str) -> HeaderValue {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || " .-_()".contains(*c);
    let plain = name.chars().map(|c| if is_plain(&c) { c } else { '_' });
    let plain = plain.collect::<String>();
    let exact = utf8_percent_encode(name, ENCODED);
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}");
    // It is ASCII by now.
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn any_name_is_told_exactly_and_ends_nothing() {
        for (name, expected) in [
            ("a.txt", r#"filename="a.txt"; filename*=UTF-8''a.txt"#),
            (
                "../\"x\";y=\u{202e}fdp.é",
                r#"filename="..__x__y__fdp._"; filename*=UTF-8''..%2F%22x%22%3By%3D%E2%80%AEfdp.%C3%A9"#,
            ),
            ("a\r\nb", r#"filename="a__b"; filename*=UTF-8''a%0D%0Ab"#),
        ] {
            let value = attachment(name);
            assert_eq!(value.to_str().unwrap(), format!("attachment; {expected}"));
        }
    }
}
