//! The text of an API key: `oc_live_<id>_<secret><checksum>` or `oc_test_…`.
//!
//! The prefix lets secret scanners recognise it; the checksum (CRC-32 of all before it, six
//! base-62 digits) refuses a typo without a look-up. `<id>` is what follows `key_` in the key's
//! id. Only [`hash`] of the text is ever stored.

use crate::secret::mac;
use crc::{CRC_32_ISO_HDLC, Crc, NoTable};
use hmac::Mac;
use openclaw_core::{Random, Secret, id};
use openclaw_schema::key::Mode;
use subtle::ConstantTimeEq;

/// What every key starts with.
pub const PREFIX: &str = "oc_";

const ID: usize = 22;
const SECRET: usize = 32;
const CHECKSUM: usize = 6;

/// A new key: its id (`key_…`) and its text, of which the secret part has 190 random bits.
pub fn generate(random: &dyn Random, mode: Mode) -> (String, String) {
    let id = id::new(random, "key_");
    let text = regenerate(random, mode, &id);
    (id, text)
}

/// A new text for the key `id`.
pub fn regenerate(random: &dyn Random, mode: Mode, id: &str) -> String {
    let mode = match mode {
        Mode::Live => "live",
        Mode::Test => "test",
    };
    let mut text = format!("{PREFIX}{mode}_{}_", id.trim_start_matches("key_"));
    id::push_random(&mut text, random, SECRET);
    let checksum = checksum(&text);
    text + &checksum
}

/// The id (`key_…`) of a well-formed key whose checksum is right.
pub fn parse(text: &str) -> Option<String> {
    let (body, given) = text.split_at_checked(text.len().checked_sub(CHECKSUM)?)?;
    let mut parts = body.strip_prefix(PREFIX)?.splitn(3, '_');
    let (mode, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
    let alphanumeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let well_formed = matches!(mode, "live" | "test")
        && (id.len(), secret.len()) == (ID, SECRET)
        && alphanumeric(id)
        && alphanumeric(secret);
    (well_formed && checksum(body) == given).then(|| format!("key_{id}"))
}

/// Without the tables that make it fast for much: they would be 16 KB of every Worker.
const CRC_32: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISO_HDLC);

fn checksum(body: &str) -> String {
    id::base62(CRC_32.checksum(body.as_bytes()), CHECKSUM)
}

/// What is stored of a key: HMAC-SHA256 of its text keyed with the pepper, in hexadecimal.
pub fn hash(pepper: &Secret, text: &str) -> String {
    let digest = mac(pepper, text.as_bytes()).finalize().into_bytes();
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(HEX[usize::from(digit)]))
        .collect()
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Whether two hashes are the same, in time that does not tell where they differ.
pub fn hashes_match(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use openclaw_testkit::SeededRandom;

    #[test]
    fn a_generated_key_parses_to_its_id() {
        let random = SeededRandom::new(1);
        for mode in [Mode::Live, Mode::Test] {
            let (id, text) = generate(&random, mode);
            assert_eq!(parse(&text), Some(id), "{text}");
        }
    }

    #[test]
    fn any_changed_character_is_refused() {
        let (_, text) = generate(&SeededRandom::new(2), Mode::Live);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(parse(std::str::from_utf8(&bytes).unwrap()), None, "{at}");
        }
        for bad in ["", "oc_", "oc_live_é", &text[1..], &text[..text.len() - 1]] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_checksum_is_the_one_that_scanners_know() {
        // The catalogue's check value of CRC-32/ISO-HDLC.
        assert_eq!(checksum("123456789"), id::base62(0xcbf4_3926_u32, CHECKSUM));
    }

    #[test]
    fn the_hash_depends_on_key_and_pepper() {
        let (one, two) = (Secret::new("pepper"), Secret::new("salt"));
        assert_eq!(hash(&one, "a"), hash(&one, "a"));
        assert_ne!(hash(&one, "a"), hash(&two, "a"));
        assert!(!hashes_match(&hash(&one, "a"), &hash(&one, "b")));
        // RFC 4231, test case 2.
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(
            hash(&Secret::new("Jefe"), "what do ya want for nothing?"),
            known
        );
    }
}
