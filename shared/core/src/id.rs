//! Identifiers: a prefix that says what it names, then 128 random bits in base 62.

use crate::Random;

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
