//! When whoever was called wants to be called again.

use crate::Timestamp;
use http::{HeaderMap, header};
use std::time::{Duration, UNIX_EPOCH};

/// `retry-after-ms`, which OpenAI and Azure send, else `Retry-After`: seconds, fractions too, or
/// an HTTP date (RFC 9110, 10.2.3). `None` where it says nothing that can be read.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name| Some(headers.get(name)?.to_str().ok()?.trim());
    let number = |text: &str| text.parse::<f64>().ok();
    if let Some(millis) = text("retry-after-ms").and_then(number)
        && let Ok(wait) = Duration::try_from_secs_f64(millis / 1000.0)
    {
        return Some(wait);
    }
    let text = text(header::RETRY_AFTER.as_str())?;
    if let Some(seconds) = number(text) {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let at = at.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::UNIX_EPOCH.checked_add(at)?.duration_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let cases: &[(Headers<'_>, Option<u64>)] = &[
            (&[("retry-after", "7")], Some(7000)),
            (&[("retry-after", "1.5")], Some(1500)),
            (&[("retry-after", "0")], Some(0)),
            (
                &[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")],
                Some(60_000),
            ),
            (&[("retry-after", "Wed, 21 Oct 2015 07:00:00 GMT")], Some(0)),
            (
                &[("retry-after", "Wednesday, 21-Oct-15 07:28:00 GMT")],
                Some(60_000),
            ),
            (
                &[("retry-after-ms", "250"), ("retry-after", "7")],
                Some(250),
            ),
            (&[("retry-after-ms", "12.5")], Some(12)),
            (&[("retry-after-ms", "x"), ("retry-after", "7")], Some(7000)),
            (&[("retry-after", "soon")], None),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "NaN")], None),
            (&[("retry-after", "1e30")], None),
            (&[], None),
        ];
        let now = "2015-10-21T07:27:00Z".parse().unwrap();
        for (headers, millis) in cases {
            let headers = headers
                .iter()
                .map(|(name, value)| {
                    let name: http::HeaderName = name.parse().unwrap();
                    (name, value.parse().unwrap())
                })
                .collect();
            let wait = retry_after(&headers, now).map(|wait| wait.as_millis() as u64);
            assert_eq!(wait, *millis, "{headers:?}");
        }
    }
}
