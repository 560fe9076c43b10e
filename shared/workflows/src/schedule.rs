//! When a workflow runs by itself: cron in a zone, right over daylight saving.
//!
//! The rules are Vixie cron's. A time of day that the clock skips in spring comes at the first minute after
//! the gap; one that comes twice in autumn is taken once, the first time. Whatever is not one time a
//! day (`*`, `*/n`, `1-3` in minute or hour) goes on in real time: it neither stops in a repeated hour nor catches up a
//! skipped one.

mod zoned;

use crate::definition::ScheduleDefinition;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::tz::TimeZone;
use openclaw_core::{Fault, Timestamp};
use zoned::ZonedTime;

/// How many times to come are shown.
pub const SHOWN: usize = 5;

/// A schedule that was read.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: TimeZone,
}

impl Schedule {
    /// Reads one; the fault names the field.
    pub fn new(definition: &ScheduleDefinition) -> Result<Self, Fault> {
        let fields = definition.cron.split_whitespace().count();
        if fields != 5 {
            let issue = format!("must have five fields, and has {fields}");
            return Err(Fault::new("cron", issue));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(&definition.cron);
        let cron = cron.map_err(|error| Fault::new("cron", format!("is wrong: {error}")))?;
        let database = jiff::tz::TimeZoneDatabase::bundled();
        let zone = database.get(&definition.timezone).map_err(|_| {
            let issue = "must be a zone of the IANA database, such as Europe/Berlin";
            Fault::new("timezone", issue)
        })?;
        Ok(Self { cron, zone })
    }

    /// The first time after `at`; `None` where none comes.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let at = ZonedTime::new(at, &self.zone)?;
        let next = self.cron.find_next_occurrence(&at, false).ok()?;
        next.timestamp()
    }

    /// The next [`SHOWN`] times after `at`.
    pub fn next_times(&self, at: Timestamp) -> Vec<Timestamp> {
        let first = self.next_after(at);
        let times = std::iter::successors(first, |time| self.next_after(*time));
        times.take(SHOWN).collect()
    }

    /// The last of the times after `since` that are not after `now`: those before it were missed.
    pub fn last_due(&self, since: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let end = now.checked_add(std::time::Duration::from_secs(1))?;
        let end = ZonedTime::new(end, &self.zone)?;
        let last = self.cron.find_previous_occurrence(&end, false).ok()?;
        last.timestamp()
            .filter(|last| *last > since && *last <= now)
    }
}

#[cfg(test)]
mod tests;
