//! A transcript as Fireflies has it, as a call.

use rehearsal_meetings::{Person, Roster, Script, domain, id, is_mail_provider, text, time};
use rehearsal_sdk::prelude::*;
use serde_json::Value;

/// How sure a side is that follows from an e-mail's company.
const BY_DOMAIN: f32 = 0.8;
/// How sure it is that the host sells.
const HOST: f32 = 0.8;

/// The call with nothing said: what is known of its recording.
pub(crate) fn about(transcript: &Value) -> Conversation {
    described(transcript, Script::new(roster(transcript)))
}

pub(crate) fn conversation(transcript: &Value) -> Result<Conversation> {
    let sentences = match &transcript["sentences"] {
        Value::Array(sentences) if !sentences.is_empty() => sentences,
        Value::Null | Value::Array(_) => {
            return Err(Error::transient("it has no sentences yet"));
        }
        _ => return Err(Error::invalid("`sentences` is no list")),
    };
    let mut script = Script::new(roster(transcript));
    for (index, sentence) in sentences.iter().enumerate() {
        let said = sentence["text"].as_str().or_else(|| sentence["raw_text"].as_str());
        let said = said.ok_or_else(|| {
            Error::invalid(format!("`sentences[{index}].text` is missing or no text"))
        })?;
        let person = Person {
            name: text(&sentence["speaker_name"]).map(ToOwned::to_owned),
            speaker: id(&sentence["speaker_id"]),
            ..Person::default()
        };
        let (start, end) =
            (time::offset_ms(&sentence["start_time"]), time::offset_ms(&sentence["end_time"]));
        script.say(person, said, start, end);
    }
    Ok(described(transcript, script))
}

fn described(transcript: &Value, script: Script) -> Conversation {
    let mut call = script.into_conversation();
    let owned = |key: &str| text(&transcript[key]).map(ToOwned::to_owned);
    call.title = owned("title");
    call.started_at =
        owned("dateString").or_else(|| transcript["date"].as_i64().map(time::rfc3339));
    call.source_url = owned("transcript_url");
    call.position = id(&transcript["id"]).map(|id| format!("transcript {id}"));
    // In minutes.
    let length = transcript["duration"].as_f64().map(|minutes| (minutes * 60_000.0).round());
    call.duration_ms = length.filter(|ms| (1.0..4e9).contains(ms)).map(|ms| ms as u32);
    call
}

/// Whom the calendar knows. Sides follow from the host's company: who writes from there
/// sells. Where the host writes from a mail provider, only the host is known.
fn roster(transcript: &Value) -> Roster {
    let host = text(&transcript["host_email"]).or_else(|| text(&transcript["organizer_email"]));
    let ours = host.and_then(domain).filter(|domain| !is_mail_provider(domain));
    let side = |email: Option<&str>| {
        let email = email?;
        if host.is_some_and(|host| host.eq_ignore_ascii_case(email)) {
            return Some((Role::Seller, "host_email", HOST));
        }
        let role = if domain(email)? == *ours.as_ref()? { Role::Seller } else { Role::Prospect };
        Some((role, "email_domain", BY_DOMAIN))
    };
    let mut roster = Roster::default();
    let mut known = |name: Option<&str>, email: Option<&str>| {
        roster.add(Person {
            name: name.map(ToOwned::to_owned),
            email: email.map(ToOwned::to_owned),
            organisation: email.and_then(domain).filter(|domain| !is_mail_provider(domain)),
            speaker: None,
            side: side(email),
        });
    };
    for attendee in transcript["meeting_attendees"].as_array().into_iter().flatten() {
        known(text(&attendee["displayName"]), text(&attendee["email"]));
    }
    // Voices: who is no attendee may be told by the beginning of an address (`al@us.test`).
    let addresses: Vec<&str> =
        transcript["participants"].as_array().into_iter().flatten().filter_map(text).collect();
    for speaker in transcript["speakers"].as_array().into_iter().flatten() {
        let Some(name) = text(&speaker["name"]) else { continue };
        let first = name.split_whitespace().next().unwrap_or(name).to_lowercase();
        let mut own = addresses.iter().filter(|address| {
            let local = address.split('@').next().unwrap_or_default().to_lowercase();
            local.split(['.', '_', '-', '+']).next() == Some(first.as_str())
        });
        // Two of the same name: nobody knows which.
        let email = own.next().filter(|_| own.next().is_none());
        known(Some(name), email.copied());
    }
    roster
}
