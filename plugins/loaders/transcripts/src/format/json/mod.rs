//! JSON of transcribers and meetings. The keys at the top tell whose it is; each is a
//! module.

mod aws;
mod deepgram;
mod meet;
mod whisper;
mod words;

use rehearsal_dialogue::{Parsed, json};
use rehearsal_sdk::prelude::*;
use serde::de::IgnoredAny;

const KNOWN: &str = "known are whisper.cpp, OpenAI Whisper, WhisperX, AWS Transcribe, Deepgram \
                     and Google Meet entries";

/// The keys that tell one exporter's file from another's.
#[derive(Deserialize)]
struct Keys {
    transcription: Option<IgnoredAny>,
    segments: Option<IgnoredAny>,
    #[serde(rename = "Transcript")]
    transcript: Option<IgnoredAny>,
    results: Option<ResultKeys>,
    #[serde(rename = "transcriptEntries")]
    transcript_entries: Option<IgnoredAny>,
    entries: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct ResultKeys {
    channels: Option<IgnoredAny>,
    utterances: Option<IgnoredAny>,
    items: Option<IgnoredAny>,
    transcripts: Option<IgnoredAny>,
}

/// Reads a file.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Parsed> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return meet::read(json::parse(name, 1, bytes)?);
    }
    match json::parse::<Keys>(name, 1, bytes)? {
        Keys { transcription: Some(_), .. } => whisper::cpp(json::parse(name, 1, bytes)?),
        Keys { segments: Some(_), .. } => whisper::open_ai(json::parse(name, 1, bytes)?),
        Keys { transcript: Some(_), .. } => aws::analytics(json::parse(name, 1, bytes)?),
        Keys {
            results:
                Some(ResultKeys { channels: Some(_), .. } | ResultKeys { utterances: Some(_), .. }),
            ..
        } => deepgram::read(json::parse(name, 1, bytes)?),
        Keys {
            results:
                Some(ResultKeys { items: Some(_), .. } | ResultKeys { transcripts: Some(_), .. }),
            ..
        } => aws::plain(name, json::parse(name, 1, bytes)?),
        Keys { transcript_entries: Some(_), .. } | Keys { entries: Some(_), .. } => {
            meet::read_page(json::parse(name, 1, bytes)?)
        }
        _ => {
            Err(Error::invalid(format!("{name}:1: no transcript that this loader knows; {KNOWN}")))
        }
    }
}

/// A language as the normal form has it: a code, not a name.
fn language(said: Option<String>) -> Option<String> {
    said.filter(|code| {
        let mut parts = code.split(['-', '_']);
        let first = parts.next().unwrap_or_default();
        (2..=3).contains(&first.len())
            && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}
