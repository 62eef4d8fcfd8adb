//! A meeting as Fathom has it, as a call.

use rehearsal_meetings::{Person, Roster, Script, id, text, time};
use rehearsal_sdk::prelude::*;
use serde_json::Value;

/// How sure the sides are. Somebody from outside is the customer in a sales call, mostly.
const SURE: f32 = 0.9;

/// The meeting with nothing said: what is known of its recording.
pub(crate) fn about(meeting: &Value) -> Conversation {
    described(meeting, Script::new(roster(meeting)))
}

pub(crate) fn conversation(meeting: &Value) -> Result<Conversation> {
    let transcript = match &meeting["transcript"] {
        // Not transcribed yet: it may be there at the next run.
        Value::Null => return Err(Error::transient("it has no transcript yet")),
        Value::Array(turns) if turns.is_empty() => {
            return Err(Error::transient("its transcript is empty so far"));
        }
        Value::Array(turns) => turns,
        _ => return Err(Error::invalid("`transcript` is no list")),
    };
    let mut script = Script::new(roster(meeting));
    for (index, turn) in transcript.iter().enumerate() {
        let speaker = &turn["speaker"];
        let said = turn["text"].as_str().ok_or_else(|| {
            Error::invalid(format!("`transcript[{index}].text` is missing or no text"))
        })?;
        let person = Person {
            name: text(&speaker["display_name"]).map(ToOwned::to_owned),
            email: text(&speaker["matched_calendar_invitee_email"]).map(ToOwned::to_owned),
            ..Person::default()
        };
        script.say(person, said, time::offset_ms(&turn["timestamp"]), None);
    }
    Ok(described(meeting, script))
}

fn described(meeting: &Value, script: Script) -> Conversation {
    let mut call = script.into_conversation();
    let owned = |key: &str| text(&meeting[key]).map(ToOwned::to_owned);
    call.title = owned("title").or_else(|| owned("meeting_title"));
    call.language = owned("transcript_language");
    call.started_at = owned("recording_start_time").or_else(|| owned("scheduled_start_time"));
    call.source_url = owned("url");
    call.position = id(&meeting["recording_id"]).map(|id| format!("recording {id}"));
    call.duration_ms = duration(meeting);
    let team = text(&meeting["recorded_by"]["team"]).map(|team| ("team", team));
    let audience = text(&meeting["calendar_invitees_domains_type"]);
    let audience = audience.map(|kind| ("calendar_invitees_domains_type", kind));
    call.metadata =
        [audience, team].into_iter().flatten().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    call
}

fn duration(meeting: &Value) -> Option<u32> {
    let instant = |key: &str| time::instant_ms(text(&meeting[key])?);
    let length = instant("recording_end_time")? - instant("recording_start_time")?;
    u32::try_from(length).ok().filter(|length| *length > 0)
}

/// Whom the calendar and the recorder know.
fn roster(meeting: &Value) -> Roster {
    let mut roster = Roster::default();
    for invitee in meeting["calendar_invitees"].as_array().into_iter().flatten() {
        let side = invitee["is_external"].as_bool().map(|external| {
            let role = if external { Role::Prospect } else { Role::Seller };
            (role, "is_external", SURE)
        });
        roster.add(person(invitee, side));
    }
    let recorder = &meeting["recorded_by"];
    if recorder.is_object() {
        roster.add(person(recorder, Some((Role::Seller, "recorded_by", SURE))));
    }
    roster
}

fn person(known: &Value, side: Option<(Role, &'static str, f32)>) -> Person {
    Person {
        name: text(&known["name"]).map(ToOwned::to_owned),
        email: text(&known["email"]).map(ToOwned::to_owned),
        organisation: text(&known["email_domain"]).map(ToOwned::to_owned),
        speaker: None,
        side,
    }
}
