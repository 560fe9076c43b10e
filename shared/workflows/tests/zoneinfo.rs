//! The times of schedules around changes of the clock, held against Python's `zoneinfo` (`expected_times.py`).

#![allow(clippy::unwrap_used, reason = "all of this is a test")]

use openclaw_core::Timestamp;
use openclaw_workflows::{definition::ScheduleDefinition, schedule::Schedule};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    zone: String,
    cron: String,
    after: Timestamp,
    times: Vec<Timestamp>,
}

#[test]
fn schedules_are_right_over_changes_of_the_clock() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("zoneinfo.json")).unwrap();
    assert_eq!(cases.len(), 64);
    let mut wrong = vec![];
    for case in &cases {
        let definition = ScheduleDefinition {
            cron: case.cron.clone(),
            timezone: case.zone.clone(),
            parameters: Default::default(),
        };
        let schedule = Schedule::new(&definition).unwrap();
        // A minute before, so that the first minute is among them.
        let first = schedule.next_after(case.after - std::time::Duration::from_secs(60));
        let times = std::iter::successors(first, |time| schedule.next_after(*time));
        let times: Vec<_> = times.take(case.times.len()).collect();
        if times != case.times {
            let at = times
                .iter()
                .zip(&case.times)
                .position(|(one, other)| one != other);
            let at = at.unwrap_or_default();
            wrong.push(format!(
                "{} in {}: {} in place of {}",
                case.cron, case.zone, times[at], case.times[at]
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
