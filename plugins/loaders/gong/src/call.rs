//! A call as Gong has it, as a call.

use rehearsal_meetings::{Person, Roster, Script, domain, id, is_mail_provider, text};
use rehearsal_sdk::prelude::*;
use serde_json::Value;

/// How sure a side is that follows from an affiliation.
const SURE: f32 = 0.9;

/// The call with nothing said: what is known of its recording.
pub(crate) fn about(about: &Value) -> Conversation {
    described(about, Script::new(roster(about)))
}

pub(crate) fn conversation(about: &Value, said: &Value) -> Result<Conversation> {
    let Some(monologues) = said["transcript"].as_array().filter(|list| !list.is_empty()) else {
        return Err(Error::transient("it has no transcript yet"));
    };
    let unit = unit(monologues, about["metaData"]["duration"].as_f64());
    let mut script = Script::new(roster(about));
    for (index, monologue) in monologues.iter().enumerate() {
        let person = Person { speaker: id(&monologue["speakerId"]), ..Person::default() };
        let Some(sentences) = monologue["sentences"].as_array() else {
            let message = format!("`transcript[{index}].sentences` is no list");
            return Err(Error::invalid(message));
        };
        for (number, sentence) in sentences.iter().enumerate() {
            let words = sentence["text"].as_str().ok_or_else(|| {
                let at = format!("transcript[{index}].sentences[{number}].text");
                Error::invalid(format!("`{at}` is missing or no text"))
            })?;
            let at = |key: &str| milliseconds(&sentence[key], unit);
            script.say(person.clone(), words, at("start"), at("end"));
        }
    }
    Ok(described(about, script))
}

fn described(about: &Value, script: Script) -> Conversation {
    let meta = &about["metaData"];
    let seconds = meta["duration"].as_f64();
    let mut call = script.into_conversation();
    let owned = |key: &str| text(&meta[key]).map(ToOwned::to_owned);
    call.title = owned("title");
    call.language = text(&meta["language"]).and_then(language).map(ToOwned::to_owned);
    call.started_at = owned("started").or_else(|| owned("scheduled"));
    call.source_url = owned("url");
    call.position = id(&meta["id"]).map(|id| format!("call {id}"));
    call.duration_ms =
        seconds.map(|s| s * 1000.0).filter(|ms| (1.0..4e9).contains(ms)).map(|ms| ms as u32);
    call.metadata = ["direction", "media", "scope", "system"]
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), owned(key)?)))
        .collect();
    call
}

/// ISO 639-2, as Gong writes languages, in the two letters that BCP 47 wants.
fn language(code: &str) -> Option<&str> {
    match code {
        "eng" => Some("en"),
        "deu" | "ger" => Some("de"),
        "spa" => Some("es"),
        "fra" | "fre" => Some("fr"),
        "ita" => Some("it"),
        "nld" | "dut" => Some("nl"),
        "por" => Some("pt"),
        other => (other.len() == 2 || other.contains('-')).then_some(other),
    }
}

/// Milliseconds in the unit of a transcript's times: documented as milliseconds, and in one
/// schema as seconds. Times that end within the call's length taken as seconds are seconds:
/// as milliseconds they would all lie in its first thousandth.
fn unit(monologues: &[Value], seconds: Option<f64>) -> f64 {
    let sentences = monologues.iter().filter_map(|one| one["sentences"].as_array()).flatten();
    let last = sentences.filter_map(|one| one["end"].as_f64()).fold(0.0, f64::max);
    match seconds {
        Some(length) if length > 0.0 && last <= length * 1.1 + 5.0 => 1000.0,
        _ => 1.0,
    }
}

fn milliseconds(time: &Value, unit: f64) -> Option<u32> {
    let ms = (time.as_f64()? * unit).round();
    (ms >= 0.0 && ms < f64::from(u32::MAX)).then_some(ms as u32)
}

fn roster(about: &Value) -> Roster {
    let mut roster = Roster::default();
    for party in about["parties"].as_array().into_iter().flatten() {
        let email = text(&party["emailAddress"]);
        let side = match party["affiliation"].as_str() {
            Some("Internal") => Some((Role::Seller, "affiliation", SURE)),
            Some("External") => Some((Role::Prospect, "affiliation", SURE)),
            _ => None,
        };
        roster.add(Person {
            name: text(&party["name"]).map(ToOwned::to_owned),
            email: email.map(ToOwned::to_owned),
            speaker: id(&party["speakerId"]),
            organisation: email.and_then(domain).filter(|domain| !is_mail_provider(domain)),
            side,
        });
    }
    roster
}
