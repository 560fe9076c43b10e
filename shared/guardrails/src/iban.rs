//! International bank account numbers (ISO 13616): length by country, check digits by ISO 7064.

/// Countries and the length of their numbers, from the IBAN registry.
const LENGTHS: &str = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 \
    DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 \
    IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 \
    NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 \
    SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30";

/// The bytes of the number that `text` begins with; its letters and digits may have spaces and hyphens
/// between them. `None` where it is none.
pub(crate) fn length(text: &str) -> Option<usize> {
    let country = text.get(..2)?.to_ascii_uppercase();
    let mut lengths = LENGTHS.split_whitespace();
    let length: usize = lengths
        .find_map(|row| row.strip_prefix(&*country))?
        .parse()
        .ok()?;
    let letters = text.bytes().enumerate();
    let letters = letters.filter(|(_, letter)| letter.is_ascii_alphanumeric());
    let letters: Vec<_> = letters.take(length).collect();
    if letters.len() < length {
        return None;
    }
    // Country and check digits go to the end, letters count from 10, and 1 remains of 97.
    let moved = letters[4..].iter().chain(&letters[..4]);
    let rest = moved.fold(0u32, |rest, (_, letter)| match letter {
        b'0'..=b'9' => (rest * 10 + u32::from(letter - b'0')) % 97,
        _ => (rest * 100 + u32::from(letter.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    let last = letters.last().map(|(at, _)| at + 1);
    last.filter(|_| rest == 1)
}
