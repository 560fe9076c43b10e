//! Personal data and secrets: a pattern that finds what may be one, and a check that it is.

use crate::iban;
use openclaw_schema::guardrail::Pii;
use std::ops::Range;

/// Addresses as they are in use: RFC 5321's lengths, letters and digits of ASCII.
const EMAIL: &str =
    r"(?i-u)[a-z0-9][a-z0-9._%+'-]{0,63}@(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}";

/// ITU-T E.164 with its `+`, or three, three and four digits, as North America writes them.
const PHONE: &str =
    r"(?-u)\+[0-9](?:[ ./-]?\(?[0-9]\)?){6,14}|\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-][0-9]{4}";

/// 13 to 19 digits, with single spaces or hyphens between them (ISO/IEC 7812).
const CARD: &str = r"(?-u)[0-9](?:[ -]?[0-9]){12,18}";

/// Country, check digits, and up to 30 letters and digits.
const IBAN: &str = r"(?i-u)[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]){11,30}";

/// Keys that can be told by their beginning, JSON Web Tokens (RFC 7519), private keys (RFC 7468).
const SECRET: &str = concat!(
    r"(?-u)sk-[A-Za-z0-9_-]{20,}|AKIA[A-Z0-9]{16}|ASIA[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}",
    r"|gh[oprsu]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}",
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|xai-[A-Za-z0-9]{20,}|gsk_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{30,}",
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}|oc_(?:live|test)_[A-Za-z0-9_]{20,}|whsec_[A-Za-z0-9+/=]{20,}",
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?",
);

pub(crate) const fn pattern(kind: Pii) -> &'static str {
    match kind {
        Pii::Email => EMAIL,
        Pii::Phone => PHONE,
        Pii::Card => CARD,
        Pii::Iban => IBAN,
        Pii::Secret => SECRET,
    }
}

/// What a text has in the place of one.
pub(crate) const fn label(kind: Pii) -> &'static str {
    match kind {
        Pii::Email => "[redacted email]",
        Pii::Phone => "[redacted phone]",
        Pii::Card => "[redacted card]",
        Pii::Iban => "[redacted iban]",
        Pii::Secret => "[redacted secret]",
    }
}

/// Where it ends, if what the pattern found is one.
pub(crate) fn confirm(kind: Pii, text: &str, found: Range<usize>) -> Option<usize> {
    let within = &text[found.clone()];
    let before = text[..found.start].chars().next_back();
    let after = text[found.end..].chars().next();
    let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
    let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    let stands_alone = match kind {
        Pii::Email => true,
        Pii::Phone => !is_word(before) && before != Some('+') && !is_digit(after),
        Pii::Card => !is_digit(before) && !is_digit(after),
        Pii::Iban => !is_word(before),
        Pii::Secret => !is_word(before),
    };
    if !stands_alone {
        return None;
    }
    match kind {
        Pii::Card => has_luhn_digit(within).then_some(found.end),
        Pii::Iban => Some(found.start + iban::length(within)?).filter(|end| {
            let rest = text[*end..].chars().next();
            !is_word(rest)
        }),
        Pii::Email | Pii::Phone | Pii::Secret => Some(found.end),
    }
}

/// Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B).
fn has_luhn_digit(number: &str) -> bool {
    let digits = number.bytes().rev().filter(u8::is_ascii_digit);
    let sum: u32 = digits
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            match at % 2 {
                0 => digit,
                _ if digit < 5 => digit * 2,
                _ => digit * 2 - 9,
            }
        })
        .sum();
    // A row of zeros is no card.
    sum > 0 && sum.is_multiple_of(10)
}
