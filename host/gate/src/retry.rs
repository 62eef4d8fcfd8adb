//! When to try again: what servers say of it, and what to do when they say nothing.

use std::time::{Duration, SystemTime};

use crate::message::Response;

/// A request is sent at most so often.
pub(crate) const ATTEMPTS: u32 = 4;

/// The longest that one request waits for its turn. Rates count by the minute at
/// most where anybody waits for them; what takes longer is for the next run.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Before the second attempt; each further one waits half as long again.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Numbers above this are points in time (seconds since 1970), not durations.
const DATE: u64 = 1_000_000_000;

/// How long to wait before attempt `attempt + 1` where the server does not say.
pub(crate) fn back_off(attempt: u32) -> Duration {
    FIRST_PAUSE.mul_f64(1.5_f64.powi(attempt.saturating_sub(1).min(16).cast_signed()))
}

/// Whether the server refused to deal with the request: any request may be sent again.
pub(crate) fn is_refusal(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// Whether the server failed at it, and may not fail again.
pub(crate) fn is_failure(status: u16) -> bool {
    matches!(status, 408 | 500 | 502 | 504)
}

/// How long the server wants to be left alone, if it says so.
pub(crate) fn wish(response: &Response, now: SystemTime) -> Option<Duration> {
    let refused = is_refusal(response.status);
    if let Some(after) = response.header("retry-after").filter(|_| refused) {
        return moment(after, now);
    }
    let reset = ["ratelimit-reset", "x-ratelimit-reset"].iter().find_map(|h| response.header(h))?;
    let left = ["ratelimit-remaining", "x-ratelimit-remaining"]
        .iter()
        .find_map(|header| response.header(header)?.trim().parse::<u64>().ok());
    // With requests left there is nothing to wait for, unless this one was refused.
    (refused || left == Some(0)).then(|| moment(reset, now)).flatten()
}

/// Seconds, a date, or seconds since 1970, as a duration from now.
fn moment(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        let seconds = Duration::try_from_secs_f64(seconds).ok()?;
        if seconds.as_secs() < DATE {
            return Some(seconds);
        }
        let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        return Some(seconds.saturating_sub(since_1970));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(status: u16, headers: &[(&str, &str)]) -> Option<u64> {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_380_800);
        wish(&Response { status, headers, ..Response::default() }, now).map(|wish| wish.as_secs())
    }

    #[test]
    fn seconds_dates_and_points_in_time_are_understood() {
        assert_eq!(asked(429, &[("retry-after", "7")]), Some(7));
        assert_eq!(asked(503, &[("retry-after", "Sun, 01 Mar 2026 16:01:00 GMT")]), Some(60));
        assert_eq!(asked(429, &[("retry-after", "Sun, 01 Mar 2020 16:01:00 GMT")]), Some(0));
        assert_eq!(asked(429, &[("x-ratelimit-reset", "1772380830")]), Some(30));
        assert_eq!(asked(429, &[("retry-after", "soon")]), None);
        assert_eq!(asked(429, &[("retry-after", "-5")]), None);
        assert_eq!(asked(429, &[("retry-after", "1e300")]), None);
    }

    #[test]
    fn a_used_up_allowance_is_seen_before_it_is_refused() {
        let used = [("ratelimit-remaining", "0"), ("ratelimit-reset", "12")];
        assert_eq!(asked(200, &used), Some(12));
        let left = [("ratelimit-remaining", "3"), ("ratelimit-reset", "12")];
        assert_eq!(asked(200, &left), None);
        assert_eq!(asked(429, &left), Some(12));
        // Of a good answer it says when to look again, not when to ask again.
        assert_eq!(asked(200, &[("retry-after", "60")]), None);
    }

    #[test]
    fn pauses_grow() {
        assert_eq!(back_off(1), Duration::from_millis(500));
        assert_eq!(back_off(2), Duration::from_millis(750));
        assert!(back_off(1_000) < Duration::from_secs(600));
    }
}
