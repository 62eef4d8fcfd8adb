//! Google Meet: transcript entries as its API lists them, with times of day.

use rehearsal_dialogue::json::Each;
use rehearsal_dialogue::{Parsed, Utterance};
use rehearsal_sdk::prelude::*;

use super::language;

/// A page of the API's answer, or several put together. `participants` may stand
/// beside the entries to say who is who.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageOfEntries {
    #[serde(alias = "entries")]
    transcript_entries: Each<MeetEntry>,
    next_page_token: Option<String>,
    #[serde(default)]
    participants: Vec<Somebody>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MeetEntry {
    /// `conferenceRecords/…/participants/…`, or a name.
    participant: Option<String>,
    text: String,
    language_code: Option<String>,
    /// RFC 3339.
    start_time: Option<String>,
    end_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Somebody {
    name: String,
    #[serde(alias = "anonymousUser", alias = "phoneUser")]
    signedin_user: Option<User>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    display_name: Option<String>,
}

pub(super) fn read_page(page: PageOfEntries) -> Result<Parsed> {
    let mut parsed = entries(page.transcript_entries, &page.participants)?;
    if page.next_page_token.is_some_and(|token| !token.is_empty()) {
        let number = u32::try_from(parsed.utterances.len()).unwrap_or(u32::MAX);
        parsed.problem(number, "`nextPageToken` says that more entries follow: join all pages");
    }
    Ok(parsed)
}

pub(super) fn read(list: Each<MeetEntry>) -> Result<Parsed> {
    entries(list, &[])
}

fn entries(list: Each<MeetEntry>, people: &[Somebody]) -> Result<Parsed> {
    let mut parsed = Parsed { unit: Some("entry"), ..Parsed::default() };
    let mut zero = None;
    for (number, entry) in (1..).zip(list.0) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(what) => {
                parsed.problem(number, what);
                continue;
            }
        };
        let mut moment = |said: &Option<String>| {
            let said = said.as_deref()?;
            let at = milliseconds(said);
            if at.is_none() {
                parsed.problem(number, format!("`{said}` is no time as RFC 3339 writes it"));
            }
            at
        };
        let (start, end) = (moment(&entry.start_time), moment(&entry.end_time));
        if let (None, Some(start)) = (zero, start) {
            zero = Some(start);
            parsed.about.started_at.clone_from(&entry.start_time);
        }
        let since = |at: Option<i64>| u32::try_from(at?.checked_sub(zero?)?).ok();
        let speaker = entry.participant.map(|id| {
            let known = people.iter().find(|somebody| somebody.name == id);
            let user = known.and_then(|somebody| somebody.signedin_user.as_ref());
            user.and_then(|user| user.display_name.clone()).unwrap_or(id)
        });
        if parsed.about.language.is_none() {
            parsed.about.language = language(entry.language_code);
        }
        parsed.utterances.push(Utterance {
            line: number,
            speaker,
            text: entry.text,
            start_ms: since(start),
            end_ms: since(end),
            ..Utterance::default()
        });
    }
    Ok(parsed)
}

/// Milliseconds of `2026-03-01T16:00:05.25Z` (or with `+01:00`) since 1970.
fn milliseconds(text: &str) -> Option<i64> {
    // At most four digits: nothing below can overflow.
    let number = |part: Option<&str>| -> Option<i64> {
        let part = part.filter(|part| part.len() <= 4 && is_digits(part))?;
        part.parse().ok()
    };
    let (date, time) = text.split_once(['T', 't'])?;
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (number(parts.next())?, number(parts.next())?, number(parts.next())?);
    let (clock, zone) = time.split_at(time.find(['Z', 'z', '+', '-'])?);
    let mut parts = clock.splitn(3, ':');
    let (hour, minute) = (number(parts.next())?, number(parts.next())?);
    let (second, fraction) = parts.next().map(|part| part.split_once('.').unwrap_or((part, "")))?;
    let second = number(Some(second))?;
    let valid = is_digits(fraction)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !valid {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let offset = if matches!(zone, "Z" | "z") {
        0
    } else {
        let (hours, minutes) = zone.get(1..)?.split_once(':')?;
        let minutes = number(Some(hours))? * 60 + number(Some(minutes))?;
        if zone.starts_with('-') { -minutes } else { minutes }
    };
    let seconds = (days(year, month, day) * 24 + hour) * 3_600 + (minute - offset) * 60 + second;
    Some(seconds * 1_000 + millis)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Days since 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn times_of_day_become_milliseconds() {
        assert_eq!(milliseconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(milliseconds("2026-03-01T16:00:05.25Z"), Some(1_772_380_805_250));
        assert_eq!(milliseconds("2026-03-01T17:00:05.250+01:00"), Some(1_772_380_805_250));
        for wrong in
            ["", "2026-03-01", "2026-13-01T00:00:00Z", "2026-03-01T16:00Z", "T::Z", "é-é-éTé"]
        {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
