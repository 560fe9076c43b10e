//! The windows in which requests and money are counted. All are UTC.

use crate::Timestamp;
use jiff::ToSpan;

/// Seconds in a minute, an hour, a day.
pub const MINUTE: i64 = 60;
/// Seconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Seconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// `at` without its fraction of a second: how times are shown.
pub fn whole_second(at: Timestamp) -> Timestamp {
    floor(at, 1)
}

/// The start of the window of `seconds` that holds `at`.
pub fn floor(at: Timestamp, seconds: i64) -> Timestamp {
    let second = at.as_millisecond().div_euclid(1000);
    from_second(second - second.rem_euclid(seconds))
}

/// `at` moved by `seconds`, held within what a timestamp can say.
pub fn shift(at: Timestamp, seconds: i64) -> Timestamp {
    from_second(at.as_millisecond().div_euclid(1000).saturating_add(seconds))
}

/// The timestamp at this Unix second, held within what a timestamp can say.
pub fn from_second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The timestamp at this Unix microsecond, held within what a timestamp can say.
pub fn from_microsecond(microsecond: i64) -> Timestamp {
    Timestamp::from_microsecond(microsecond).unwrap_or(if microsecond < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The calendar day of `at`, as `2026-02-28`.
pub fn day(at: Timestamp) -> String {
    at.civil().date().to_string()
}

/// The calendar hour of `at`, as `2026-02-28T12`.
pub fn hour(at: Timestamp) -> String {
    format!("{}T{:02}", day(at), at.civil().hour())
}

/// The calendar month of `at`, as `2026-02`.
pub fn month(at: Timestamp) -> String {
    let date = at.civil().date();
    format!("{:04}-{:02}", date.year(), date.month())
}

/// When the month after that of `at` begins.
pub fn next_month(at: Timestamp) -> Timestamp {
    let first = at.civil().date().last_of_month().saturating_add(1.day());
    Timestamp::of_civil(first.at(0, 0, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_start_where_the_calendar_says() {
        let at: Timestamp = "2026-02-28T12:34:56.789Z".parse().unwrap();
        assert_eq!(floor(at, MINUTE).to_string(), "2026-02-28T12:34:00Z");
        assert_eq!(whole_second(at).to_string(), "2026-02-28T12:34:56Z");
        assert_eq!(
            shift(floor(at, HOUR), -HOUR).to_string(),
            "2026-02-28T11:00:00Z"
        );
        assert_eq!(
            (month(at), day(at), hour(at)),
            (
                "2026-02".into(),
                "2026-02-28".into(),
                "2026-02-28T12".into()
            )
        );
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        for (at, next) in [
            ("2026-02-28T23:59:59.999Z", "2026-03-01T00:00:00Z"),
            ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2028-02-29T12:00:00Z", "2028-03-01T00:00:00Z"),
        ] {
            assert_eq!(next_month(at.parse().unwrap()).to_string(), next);
        }
    }

    #[test]
    fn before_the_epoch_windows_still_start_before_their_time() {
        let at: Timestamp = "1969-12-31T23:59:59.5Z".parse().unwrap();
        assert_eq!(floor(at, MINUTE).to_string(), "1969-12-31T23:59:00Z");
    }
}
