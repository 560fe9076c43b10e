use super::*;

fn schedule(cron: &str, timezone: &str) -> Schedule {
    Schedule::new(&ScheduleDefinition {
        cron: cron.into(),
        timezone: timezone.into(),
        parameters: Default::default(),
    })
    .unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn next(cron: &str, timezone: &str, after: &str) -> String {
    schedule(cron, timezone)
        .next_after(at(after))
        .unwrap()
        .to_string()
}

#[test]
fn a_time_that_the_clock_skips_comes_after_the_gap_and_one_that_comes_twice_once() {
    let daily = "30 2 * * *";
    // 2026-03-29: 02:00 becomes 03:00.
    let spring = next(daily, "Europe/Berlin", "2026-03-28T12:00:00Z");
    assert_eq!(spring, "2026-03-29T01:00:00Z");
    assert_eq!(
        next(daily, "Europe/Berlin", &spring),
        "2026-03-30T00:30:00Z"
    );
    // 2026-10-25: 03:00 becomes 02:00.
    let autumn = next(daily, "Europe/Berlin", "2026-10-24T12:00:00Z");
    assert_eq!(autumn, "2026-10-25T00:30:00Z");
    assert_eq!(
        next(daily, "Europe/Berlin", &autumn),
        "2026-10-26T01:30:00Z"
    );
}

#[test]
fn what_repeats_over_the_day_goes_on_in_real_time() {
    let hours = schedule("15 * * * *", "America/New_York");
    let mut time = at("2026-11-01T03:00:00Z");
    for _ in 0..6 {
        let next = hours.next_after(time).unwrap();
        assert!(next.duration_since(time).as_secs() <= 3600, "{time} {next}");
        time = next;
    }
    assert_eq!(time.to_string(), "2026-11-01T08:15:00Z");
}

#[test]
fn of_the_times_that_were_missed_the_last_one_is_due() {
    let daily = schedule("0 7 * * *", "UTC");
    let due = |since, now| {
        let due = daily.last_due(at(since), at(now));
        due.map(|due| due.to_string())
    };
    let day = "2026-02-05T07:00:00Z";
    assert_eq!(
        due("2026-02-01T07:00:00Z", "2026-02-05T09:00:00Z").as_deref(),
        Some(day)
    );
    assert_eq!(due("2026-02-01T07:00:00Z", day).as_deref(), Some(day));
    assert_eq!(due(day, "2026-02-05T09:00:00Z"), None);
}

#[test]
fn faults_name_their_field() {
    let fault = |cron: &str, timezone: &str| {
        let definition = ScheduleDefinition {
            cron: cron.into(),
            timezone: timezone.into(),
            parameters: Default::default(),
        };
        Schedule::new(&definition).unwrap_err().field
    };
    for cron in [
        "* * * *",
        "* * * * * *",
        "61 * * * *",
        "@daily",
        "a b c d e",
    ] {
        assert_eq!(fault(cron, "UTC"), "cron", "{cron}");
    }
    for zone in ["Mars/Olympus", "", "../../etc/passwd"] {
        assert_eq!(fault("0 7 * * *", zone), "timezone", "{zone}");
    }
}

#[test]
fn a_time_that_never_comes_is_none() {
    assert_eq!(
        schedule("0 0 30 2 *", "UTC").next_after(at("2026-01-01T00:00:00Z")),
        None
    );
}
