//! Identifiers: a prefix that says what it names, then 128 random bits in base 62.

use crate::{Random, Timestamp};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters after the prefix of an id: 62^22 > 2^128.
const LENGTH: usize = 22;

/// A new unguessable id such as `req_3kTMd…`.
pub fn new(random: &dyn Random, prefix: &str) -> String {
    let mut id = String::with_capacity(prefix.len() + LENGTH);
    id.push_str(prefix);
    push_random(&mut id, random, LENGTH);
    id
}

/// Characters of the time in an id that [`timed`] makes: milliseconds until the year 8888.
const TIME_LENGTH: usize = 8;

/// The same with the time `now` before the random characters, so that [`time_of`] finds out when it was
/// made: what is stored in order of time is found by its id alone.
pub fn timed(random: &dyn Random, now: Timestamp, prefix: &str) -> String {
    let mut id = String::with_capacity(prefix.len() + TIME_LENGTH + LENGTH);
    id.push_str(prefix);
    id.push_str(&base62(milliseconds(now), TIME_LENGTH));
    push_random(&mut id, random, LENGTH);
    id
}

/// When an id with this prefix was made, to the millisecond; `None` of one that [`timed`] did not make.
pub fn time_of(id: &str, prefix: &str) -> Option<Timestamp> {
    let rest = id.strip_prefix(prefix)?;
    if rest.len() != TIME_LENGTH + LENGTH || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return None;
    }
    Timestamp::from_millisecond(i64::try_from(number(&rest[..TIME_LENGTH])?).ok()?)
}

/// The number that [`base62`] wrote, of at most [`TIME_LENGTH`] characters.
fn number(digits: &str) -> Option<u64> {
    digits.bytes().try_fold(0, |number: u64, byte| {
        let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
        number.checked_mul(62)?.checked_add(digit as u64)
    })
}

/// A time in characters that sort the latest first, to the millisecond.
pub fn backwards(at: Timestamp) -> String {
    let latest = 62u64.pow(TIME_LENGTH as u32) - 1;
    base62(latest.saturating_sub(milliseconds(at)), TIME_LENGTH)
}

/// The time that [`backwards`] wrote; `None` of other text.
pub fn time_of_backwards(text: &str) -> Option<Timestamp> {
    if text.len() != TIME_LENGTH {
        return None;
    }
    let latest = 62u64.pow(TIME_LENGTH as u32) - 1;
    let millisecond = latest - number(text)?;
    Timestamp::from_millisecond(i64::try_from(millisecond).ok()?)
}

fn milliseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}

/// Appends `count` uniformly random base-62 characters (5.95 bits each).
pub fn push_random(text: &mut String, random: &dyn Random, count: usize) {
    let mut left = count;
    let mut bytes = [0; 32];
    while left > 0 {
        random.fill(&mut bytes);
        // 248 = 4 * 62: bytes above it would favour the first characters.
        for byte in bytes.iter().filter(|byte| **byte < 248).take(left) {
            text.push(char::from(ALPHABET[usize::from(byte % 62)]));
            left -= 1;
        }
    }
}

/// `value` in base 62, padded on the left to `width` characters.
pub fn base62(value: impl Into<u64>, width: usize) -> String {
    let mut value = value.into();
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(value % 62) as usize];
        value /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);

    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    #[test]
    fn ids_have_their_prefix_and_length_and_differ() {
        let random = Counting(AtomicU8::new(0));
        let (one, two) = (new(&random, "req_"), new(&random, "req_"));
        assert!(one.starts_with("req_") && one.len() == 4 + LENGTH);
        assert_ne!(one, two);
    }

    #[test]
    fn an_id_may_tell_when_it_was_made() {
        let random = Counting(AtomicU8::new(0));
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (early, late) = (
            at("2026-02-28T12:00:00.001Z"),
            at("2026-02-28T12:00:00.002Z"),
        );
        let id = timed(&random, early, "req_");
        assert_eq!((id.len(), time_of(&id, "req_")), (34, Some(early)));
        assert!(id < timed(&random, late, "req_") && backwards(early) > backwards(late));
        assert_eq!(time_of_backwards(&backwards(late)), Some(late));
        assert_eq!(time_of_backwards("0000"), None);
        for other in [
            "req_",
            "key_0000",
            &new(&random, "req_"),
            &id[1..],
            &format!("{id}x"),
            &id.replace(&id[30..], "/é!"),
        ] {
            assert_eq!(time_of(other, "req_"), None, "{other}");
        }
    }

    #[test]
    fn every_character_is_equally_likely() {
        let random = Counting(AtomicU8::new(0));
        let mut text = String::new();
        push_random(&mut text, &random, 248);
        for letter in ALPHABET {
            let count = text.bytes().filter(|byte| byte == letter).count();
            assert_eq!(count, 4, "{}", char::from(*letter));
        }
    }

    #[test]
    fn base62_pads_and_carries() {
        assert_eq!(base62(0_u32, 6), "000000");
        assert_eq!(base62(61_u32, 2), "0z");
        assert_eq!(base62(62_u64, 2), "10");
        assert_eq!(base62(u32::MAX, 6), "4gfFC3");
    }
}
