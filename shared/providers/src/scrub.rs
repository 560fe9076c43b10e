//! A provider's words, made fit to be shown.

use openclaw_core::Secret;

const REMOVED: &str = "[removed]";

/// How keys of vendors start.
const PREFIXES: &[&str] = &[
    "sk-", "sk_", "pk-", "gsk_", "xai-", "AIza", "key-", "oc_live_", "oc_test_",
];

/// A provider's words made fit to be shown: one line of at most `most` characters, without
/// `secret` and without anything that looks like a key.
pub(crate) fn scrub(text: &str, secret: Option<&Secret>, most: usize) -> String {
    let without = match secret {
        Some(secret) => text.replace(secret.reveal(), REMOVED),
        None => text.into(),
    };
    let mut clean = String::with_capacity(without.len().min(4 * most));
    let mut after_bearer = false;
    for word in without.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !clean.is_empty() {
            clean.push(' ');
        }
        if after_bearer {
            clean.push_str(REMOVED);
        } else {
            push_word(&mut clean, word);
        }
        after_bearer = is_bearer(word);
    }
    shorten(clean, most)
}

fn is_bearer(word: &str) -> bool {
    let letters = word.trim_matches(|c: char| !c.is_ascii_alphabetic());
    letters.eq_ignore_ascii_case("bearer")
}

/// Appends `word`, its runs of key characters that start like a key removed.
fn push_word(clean: &mut String, word: &str) {
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '.');
    let mut rest = word;
    while !rest.is_empty() {
        let run = rest.find(|c| !is_key(c)).unwrap_or(rest.len());
        let (key, after) = rest.split_at(run);
        if PREFIXES.iter().any(|prefix| key.starts_with(prefix)) {
            clean.push_str(REMOVED);
        } else {
            clean.push_str(key);
        }
        let plain = after.find(is_key).unwrap_or(after.len());
        clean.push_str(&after[..plain]);
        rest = &after[plain..];
    }
}

fn shorten(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        let keep = text[..end]
            .char_indices()
            .nth_back(0)
            .map_or(0, |(at, _)| at);
        text.truncate(keep);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_not_get_through() {
        let secret = Secret::new("hunter2");
        let cases = [
            ("wrong key hunter2.", "wrong key [removed]."),
            (
                "key=\"sk-abc_123-x\", see docs",
                "key=\"[removed]\", see docs",
            ),
            (
                "got Authorization: Bearer abc/def+g= here",
                "got Authorization: Bearer [removed] here",
            ),
            (
                "https://x.test/sk-1/y?key=AIzaSy9",
                "https://x.test/[removed]/y?key=[removed]",
            ),
            ("a risk-free\r\n\tanswer", "a risk-free answer"),
        ];
        for (text, clean) in cases {
            assert_eq!(scrub(text, Some(&secret), 300), clean);
        }
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        assert_eq!(scrub("ééééé", None, 5), "ééééé");
        let cut = scrub("éééééé", None, 5);
        assert_eq!(cut, "éééé…");
    }
}
