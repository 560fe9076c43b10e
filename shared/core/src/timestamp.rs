//! A moment, and how it is written: RFC 3339.
//!
//! jiff has all of this and is what the tests compare with; but what a program that formats or
//! parses with it takes along (time zones, calendars and their two hundred errors) is a sixth of
//! what a Worker may be.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::Duration,
};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400;

/// A moment in UTC, to the microsecond, in the years 0 to 9999. Shown as `2026-02-28T12:00:00Z`,
/// with as many decimals as there are; read with any offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// `0000-01-01T00:00:00Z`.
    pub const MIN: Self = Self(-62_167_219_200 * SECOND);
    /// `9999-12-31T23:59:59.999999Z`.
    pub const MAX: Self = Self(253_402_300_800 * SECOND - 1);
    /// `1970-01-01T00:00:00Z`.
    pub const UNIX_EPOCH: Self = Self(0);

    /// From Unix microseconds; `None` outside of [`Self::MIN`] and [`Self::MAX`].
    pub const fn from_microsecond(microsecond: i64) -> Option<Self> {
        if microsecond < Self::MIN.0 || microsecond > Self::MAX.0 {
            return None;
        }
        Some(Self(microsecond))
    }

    /// From Unix milliseconds.
    pub fn from_millisecond(millisecond: i64) -> Option<Self> {
        Self::from_microsecond(millisecond.checked_mul(1000)?)
    }

    /// From Unix seconds.
    pub fn from_second(second: i64) -> Option<Self> {
        Self::from_microsecond(second.checked_mul(SECOND)?)
    }

    /// Unix microseconds.
    pub const fn as_microsecond(self) -> i64 {
        self.0
    }

    /// Whole Unix milliseconds that have passed.
    pub const fn as_millisecond(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Whole Unix seconds that have passed.
    pub const fn as_second(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// What passed since `earlier`; nothing where that is later.
    pub fn duration_since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or_default())
    }

    /// Moved by `duration`; `None` behind [`Self::MAX`].
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let by = i64::try_from(duration.as_micros()).ok()?;
        Self::from_microsecond(self.0.checked_add(by)?)
    }

    /// Year, month and day, hour, minute and second.
    pub(crate) fn civil(self) -> [i64; 6] {
        let second = self.as_second();
        let [year, month, day] = date(second.div_euclid(DAY));
        let second = second.rem_euclid(DAY);
        [
            year,
            month,
            day,
            second / 3600,
            second / 60 % 60,
            second % 60,
        ]
    }
}

/// Held at [`Timestamp::MAX`].
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or(Self::MAX)
    }
}

/// Held at [`Timestamp::MIN`].
impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let by = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(by).max(Self::MIN.0))
    }
}

// The two conversions are Howard Hinnant's (chrono-Compatible Low-Level Date Algorithms): years
// begin in March, so that a leap day is a year's last.

/// The date that is this many days after 1970-01-01.
const fn date(days: i64) -> [i64; 3] {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    [year + era * 400 + (month <= 2) as i64, month, day]
}

/// Days from 1970-01-01 to a date.
const fn days([year, month, day]: [i64; 3]) -> i64 {
    let year = year - (month <= 2) as i64;
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + of_year - 719_468
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second] = self.civil();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        let fraction = self.0.rem_euclid(SECOND);
        if fraction != 0 {
            let digits = format!("{fraction:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// Not a time as RFC 3339 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 time such as 2026-02-28T12:00:00Z")]
pub struct NotATime;

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        parse(text.as_bytes()).ok_or(NotATime)
    }
}

/// `2026-02-28T12:00:00Z`, `2026-02-28t12:00:00.25+01:00`.
fn parse(text: &[u8]) -> Option<Timestamp> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.split_at_checked(9)?;
    let [year, month, day] = [
        number(&date[..4])?,
        number(&date[5..7])?,
        number(&date[8..])?,
    ];
    let [hour, minute, second] = [
        number(&time[1..3])?,
        number(&time[4..6])?,
        number(&time[7..])?,
    ];
    let marks = [date[4], date[7], time[0], time[3], time[6]];
    let is_date = days([year, month, day]);
    let in_range = matches!(marks, [b'-', b'-', b'T' | b't' | b' ', b':', b':'])
        && (1..=12).contains(&month)
        && self::date(is_date) == [year, month, day]
        && hour < 24
        && minute < 60
        && second <= 60;
    let (fraction, rest) = fraction(rest)?;
    let offset = offset(rest)?;
    // A leap second is the last one of its minute once more.
    let of_day = hour * 3600 + minute * 60 + second.min(59);
    let second = is_date * DAY + of_day - offset;
    in_range.then(|| Timestamp::from_microsecond(second * SECOND + fraction))?
}

/// Digits and nothing else.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        Some(number * 10 + digit)
    })
}

/// The microseconds of `.25` and what is behind it; what is finer is cut off.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let length = digits
        .iter()
        .take_while(|digit| digit.is_ascii_digit())
        .count();
    let (digits, rest) = digits.split_at(length);
    let kept = &digits[..length.min(6)];
    let scale = [SECOND, 100_000, 10_000, 1000, 100, 10, 1][kept.len()];
    (length > 0).then_some((number(kept)? * scale, rest))
}

/// The seconds of `Z` or `+01:00`.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, hour, minute) = match text {
        b"Z" | b"z" => return Some(0),
        [b'+', hour @ .., b':', m, n] => (1, hour, [*m, *n]),
        [b'-', hour @ .., b':', m, n] => (-1, hour, [*m, *n]),
        _ => return None,
    };
    let (hours, minutes) = (number(hour)?, number(&minute)?);
    (hour.len() == 2 && hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn theirs(microsecond: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(microsecond).unwrap()
    }

    proptest! {
        #[test]
        fn moments_are_written_and_read_as_jiff_does(
            microsecond in Timestamp::MIN.0..theirs_max(),
            whole in any::<bool>(),
            offset in -1439i64..1440,
        ) {
            let microsecond = if whole { microsecond / SECOND * SECOND } else { microsecond };
            let at = Timestamp::from_microsecond(microsecond).unwrap();
            prop_assert_eq!(at.to_string(), theirs(microsecond).to_string());
            prop_assert_eq!(at.to_string().parse(), Ok(at));
            let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs());
            let text = at.to_string().replace('Z', &format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
            let moved = text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
            prop_assert_eq!(text.parse().ok(), Timestamp::from_microsecond(moved), "{}", text);
        }
    }

    /// jiff's last day ends early, so that every offset has room.
    fn theirs_max() -> i64 {
        jiff::Timestamp::MAX.as_microsecond() - 2 * DAY * SECOND
    }

    #[test]
    fn the_ends_are_what_they_say() {
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!("9999-12-31T23:59:59.9999999Z".parse(), Ok(Timestamp::MAX));
        assert_eq!("1970-01-01T00:00:00Z".parse(), Ok(Timestamp::UNIX_EPOCH));
        assert_eq!(Timestamp::MAX.checked_add(Duration::from_micros(1)), None);
        assert_eq!(Timestamp::MAX + Duration::MAX, Timestamp::MAX);
        assert_eq!(Timestamp::MIN - Duration::MAX, Timestamp::MIN);
        assert_eq!(Timestamp::from_second(i64::MAX), None);
        assert_eq!(
            Timestamp::MIN.duration_since(Timestamp::MAX),
            Duration::ZERO
        );
    }

    #[test]
    fn other_forms_of_rfc_3339_are_read() {
        for (text, plain) in [
            ("2024-02-29t23:59:60z", "2024-02-29T23:59:59Z"),
            ("2024-02-29 00:30:00.5+01:00", "2024-02-28T23:30:00.5Z"),
            (
                "2024-02-29T00:30:00.123456789-00:30",
                "2024-02-29T01:00:00.123456Z",
            ),
        ] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), plain);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "now",
            "2026-02-28",
            "2026-02-28T12:00:00",
            "2026-02-28T12:00Z",
            "2026-02-29T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-00-01T12:00:00Z",
            "2026-01-00T12:00:00Z",
            "2026-02-28T24:00:00Z",
            "2026-02-28T12:60:00Z",
            "2026-02-28T12:00:61Z",
            "2026-02-28T12:00:00.Z",
            "2026-02-28T12:00:00+1:00",
            "2026-02-28T12:00:00+24:00",
            "2026-02-28T12:00:00+:00",
            "2026-02-28T12:00:00ZZ",
            "2026/02/28T12:00:00Z",
            "+026-02-28T12:00:00Z",
            "0000-01-01T00:00:00+01:00",
            "2026-02-2éT12:00:00Z",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATime), "{text}");
        }
    }
}
