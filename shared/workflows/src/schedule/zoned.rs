//! jiff's times, as croner searches over them.

use croner::{
    errors::CronError,
    time::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday},
};
use jiff::{
    SignedDuration, ZonedDateTime,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use openclaw_core::Timestamp;
use std::cmp::Ordering;

/// A moment in a zone.
#[derive(Clone, Debug)]
pub(super) struct ZonedTime(ZonedDateTime);

impl ZonedTime {
    /// `None` outside of what jiff can say.
    pub(super) fn new(at: Timestamp, zone: &TimeZone) -> Option<Self> {
        let at = jiff::Timestamp::from_second(at.as_second()).ok()?;
        Some(Self(ZonedDateTime::new(at, zone.clone())))
    }

    pub(super) fn timestamp(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.0.timestamp().as_second())
    }
}

fn number(part: i8) -> u32 {
    u32::try_from(part).unwrap_or_default()
}

impl CronDateTime for ZonedTime {
    fn to_civil(&self) -> CivilDateTime {
        let at = &self.0;
        // jiff's parts are always in range.
        let (year, month) = (at.year().into(), number(at.month()));
        let date = CivilDate::from_parts_unchecked(year, month, number(at.day()));
        let (hour, minute) = (number(at.hour()), number(at.minute()));
        let time = CivilTime::from_parts_unchecked(hour, minute, number(at.second()));
        CivilDateTime::new(date, time)
    }

    fn civil_weekday(&self) -> Weekday {
        let days = number(self.0.weekday().to_sunday_zero_offset());
        Weekday::from_days_from_sunday(days)
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let part = |part: u32| i8::try_from(part).map_err(|_| CronError::InvalidDate);
        let at = DateTime::new(
            i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?,
            part(civil.month())?,
            part(civil.day())?,
            part(civil.hour())?,
            part(civil.minute())?,
            part(civil.second())?,
            0,
        );
        let at = at.map_err(|_| CronError::InvalidDate)?;
        let ambiguous = self.0.time_zone().to_ambiguous_zoned_datetime(at);
        let invalid = |_| CronError::InvalidTime;
        Ok(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => {
                Resolution::Single(Self(ambiguous.unambiguous().map_err(invalid)?))
            }
            AmbiguousOffset::Fold { .. } => {
                let earlier = ambiguous.clone().earlier().map_err(invalid)?;
                let later = ambiguous.later().map_err(invalid)?;
                Resolution::Ambiguous(Self(earlier), Self(later))
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let added = self.0.checked_add(SignedDuration::from_secs(seconds));
        added.ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}
