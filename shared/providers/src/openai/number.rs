//! Numbers that are none: Python's `json` writes `NaN` and `Infinity`, which JSON does not have.

use bytes::Bytes;

/// `json` with `null` in place of every `NaN`, `Infinity` and `-Infinity` outside of strings;
/// `None` where there is none.
pub(super) fn without_nan(json: &[u8]) -> Option<Bytes> {
    let mut clean = Vec::with_capacity(json.len());
    let (mut at, mut found) = (0, false);
    while let Some(byte) = json.get(at) {
        let rest = &json[at..];
        let length = match byte {
            b'"' => string(rest),
            b'N' | b'I' | b'-' => match ["NaN", "-NaN", "Infinity", "-Infinity"]
                .iter()
                .find(|word| rest.starts_with(word.as_bytes()))
            {
                Some(word) => {
                    found = true;
                    clean.extend_from_slice(b"null");
                    at += word.len();
                    continue;
                }
                None => 1,
            },
            _ => 1,
        };
        clean.extend_from_slice(&rest[..length]);
        at += length;
    }
    found.then(|| clean.into())
}

/// The length of the string that begins here.
fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_for_a_number_is_replaced() {
        let cases = [
            (
                r#"{"a":NaN,"b":[-Infinity,Infinity]}"#,
                Some(r#"{"a":null,"b":[null,null]}"#),
            ),
            (
                r#"{"a":"NaN \" NaN","b":NaN}"#,
                Some(r#"{"a":"NaN \" NaN","b":null}"#),
            ),
            (r#"{"a":"NaN","b":-1}"#, None),
            (r#"{"a":"open \"#, None),
            ("", None),
        ];
        for (json, clean) in cases {
            let found = without_nan(json.as_bytes());
            assert_eq!(found.as_deref(), clean.map(str::as_bytes), "{json}");
        }
    }
}
