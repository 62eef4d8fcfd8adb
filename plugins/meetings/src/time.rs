//! Times as services write them.

use serde_json::Value;

/// Seconds, as a number, as text, or as `h:mm:ss.fff`, in ms. None where it is nothing of
/// the kind, or below 0.
#[must_use]
pub fn offset_ms(value: &Value) -> Option<u32> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => clock(text.trim())?,
        _ => return None,
    };
    let ms = (seconds * 1000.0).round();
    // 49 days: no call is as long.
    (ms >= 0.0 && ms < f64::from(u32::MAX)).then_some(ms as u32)
}

fn clock(text: &str) -> Option<f64> {
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    let number = |part: &&str| {
        let plain = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        plain.then(|| part.parse::<f64>().ok()).flatten()
    };
    parts.iter().try_fold(0.0, |sum, part| Some(sum * 60.0 + number(part)?))
}

/// RFC 3339 in ms since 1970.
#[must_use]
pub fn instant_ms(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone_at);
    let seconds = clock(time).filter(|_| time.split(':').count() == 3)?;
    let offset_min = match zone.get(1..).filter(|digits| !digits.is_empty()) {
        None => 0,
        Some(digits) => {
            let (hours, minutes) = digits.split_once(':')?;
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
    };
    let days = days_since_1970(year, month, day);
    Some((days * 1440 - offset_min) * 60_000 + (seconds * 1000.0).round() as i64)
}

/// Days of the Gregorian calendar, after Howard Hinnant's `days_from_civil`.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// RFC 3339 of ms since 1970, to the second.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    let seconds = ms.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn offsets_come_in_many_forms() {
        for (value, ms) in [
            (json!(5.1), Some(5100)),
            (json!("5.1"), Some(5100)),
            (json!("00:00:05"), Some(5000)),
            (json!("1:02:03.5"), Some(3_723_500)),
            (json!(""), None),
            (json!("x"), None),
            (json!(-1), None),
            (json!("-1"), None),
            (json!("1:2:3:4"), None),
            (json!("inf"), None),
            (json!(1e300), None),
            (json!(null), None),
        ] {
            assert_eq!(offset_ms(&value), ms, "{value}");
        }
    }

    #[test]
    fn instants_are_read_with_their_zone() {
        assert_eq!(instant_ms("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(instant_ms("2026-03-01T16:00:00.000Z"), Some(1_772_380_800_000));
        assert_eq!(instant_ms("2026-03-01T17:00:00+01:00"), Some(1_772_380_800_000));
        for wrong in ["", "2026-03-01", "2026-13-01T00:00:00Z", "2026-03-01T16:00:00", "x T y Z"] {
            assert_eq!(instant_ms(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0_i64..250_000_000_000) {
            prop_assert_eq!(instant_ms(&rfc3339(seconds * 1000)), Some(seconds * 1000));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = instant_ms(&text);
            let _ = offset_ms(&json!(text));
        }
    }
}
