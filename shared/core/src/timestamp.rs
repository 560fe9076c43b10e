//! A moment, as the gateway stores and shows it: Unix microseconds inside, RFC 3339 outside.
//!
//! jiff knows the calendar and the text. `jiff::Timestamp` itself ends a day before the year 9999
//! does, and stored times may be later.

use jiff::{SignedDuration, civil::DateTime, fmt::temporal::Pieces};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::Duration,
};

const SECOND: i64 = 1_000_000;
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

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

    /// The time from `earlier` to this one; zero where `earlier` is later.
    pub fn duration_since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0 - earlier.0).unwrap_or_default())
    }

    /// Moved by `duration`; `None` after [`Self::MAX`].
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let by = i64::try_from(duration.as_micros()).ok()?;
        Self::from_microsecond(self.0.checked_add(by)?)
    }

    /// The moment of this date and time of day in UTC, held within what a timestamp can say.
    pub(crate) fn of_civil(at: DateTime) -> Self {
        let since = at.duration_since(EPOCH).as_micros();
        Self(
            i64::try_from(since)
                .unwrap_or(i64::MAX)
                .clamp(Self::MIN.0, Self::MAX.0),
        )
    }

    /// Date and time of day in UTC.
    pub(crate) fn civil(self) -> DateTime {
        EPOCH.saturating_add(SignedDuration::from_micros(self.0))
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

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.civil())
    }
}

/// Text that is no time as RFC 3339 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 time such as 2026-02-28T12:00:00Z")]
pub struct ParseTimestampError;

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        parse(text).ok_or(ParseTimestampError)
    }
}

/// `2026-02-28T12:00:00Z`, `2026-02-28t12:00:00.25+01:00`; what is finer than a microsecond is cut
/// off.
fn parse(text: &str) -> Option<Timestamp> {
    let pieces = Pieces::parse(text).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let offset = pieces.to_numeric_offset()?;
    let at = pieces.date().to_datetime(pieces.time()?);
    let since = at.duration_since(EPOCH).as_nanos().div_euclid(1000);
    let microsecond = i64::try_from(since).ok()? - SECOND * i64::from(offset.seconds());
    Timestamp::from_microsecond(microsecond)
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

    proptest! {
        #[test]
        fn what_is_written_is_read_at_any_offset(
            microsecond in Timestamp::MIN.0..=Timestamp::MAX.0,
            whole in any::<bool>(),
            offset in -1439i64..1440,
        ) {
            let microsecond = if whole { microsecond.div_euclid(SECOND) * SECOND } else { microsecond };
            let at = Timestamp(microsecond);
            prop_assert_eq!(at.to_string().parse(), Ok(at));
            if let Ok(theirs) = jiff::Timestamp::from_microsecond(microsecond) {
                prop_assert_eq!(at.to_string(), theirs.to_string());
            }
            let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs());
            let text = at.to_string().replace('Z', &format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
            let moved = Timestamp::from_microsecond(microsecond - offset * 60 * SECOND);
            prop_assert_eq!(text.parse().ok(), moved, "{}", text);
        }
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
    fn other_forms_of_rfc_3339_and_iso_8601_are_read() {
        for (text, plain) in [
            ("2024-02-29t23:59:60z", "2024-02-29T23:59:59Z"),
            ("2024-02-29 00:30:00.5+01:00", "2024-02-28T23:30:00.5Z"),
            ("2026-02-28T12:00Z", "2026-02-28T12:00:00Z"),
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
            "2026-02-29T12:00:00Z",
            "2026-13-01T12:00:00Z",
            "2026-00-01T12:00:00Z",
            "2026-01-00T12:00:00Z",
            "2026-02-28T24:00:00Z",
            "2026-02-28T12:60:00Z",
            "2026-02-28T12:00:61Z",
            "2026-02-28T12:00:00.Z",
            "2026-02-28T12:00:00+1:00",
            "2026-02-28T12:00:00+26:00",
            "2026-02-28T12:00:00+:00",
            "2026-02-28T12:00:00ZZ",
            "2026-02-28T12:00:00Z[UTC]",
            "2026-02-28T12:00:00+01:00[Europe/Berlin]",
            "2026/02/28T12:00:00Z",
            "+026-02-28T12:00:00Z",
            "0000-01-01T00:00:00+01:00",
            "2026-02-2éT12:00:00Z",
        ] {
            assert_eq!(
                text.parse::<Timestamp>(),
                Err(ParseTimestampError),
                "{text}"
            );
        }
    }
}
