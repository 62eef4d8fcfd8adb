//! Transcripts that lie in files: plain text with speakers, WebVTT, SRT, Word, the JSON
//! of transcribers and meeting services, ConvoKit corpora. A sidecar beside one
//! (`call.toml` or `call.json`) says more of the call and of who is who.
//!
//! Every format is a module of [`format`] that turns a file into utterances; what they
//! share (encoding, clean text, speakers and their roles, times) is `rehearsal-dialogue`.

mod format;

use rehearsal_dialogue::{Sides, assemble, with_defaults};
use rehearsal_sdk::FileInfo;
use rehearsal_sdk::prelude::*;
use rehearsal_sidecar::Sidecar;

pub use format::Format;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Names of people, or of organisations given in brackets behind a name, who sell:
    /// `["Dana Fox", "Acme"]`. Labels that name no side count, too: `["spk_0"]`.
    pub sellers: Vec<String>,
    /// As `sellers`, who buy.
    pub prospects: Vec<String>,
    /// BCP 47 language of transcripts that name none.
    pub language: Option<String>,
    /// Licence of all transcripts.
    pub licence: Option<String>,
    /// What the parties agreed to.
    pub consent: Option<String>,
    /// Largest file of one call that is read, unpacked, in bytes.
    pub max_bytes: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sellers: Vec::new(),
            prospects: Vec::new(),
            language: None,
            licence: None,
            consent: None,
            // A call of a day with times for every word has half of it.
            max_bytes: 32 * 1024 * 1024,
        }
    }
}

/// The loader.
#[derive(Debug)]
pub struct Transcripts {
    config: Config,
    sides: Sides,
}

/// Entries of one page.
const PAGE: u32 = 1_000;

impl Loader for Transcripts {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        let sides = Sides { sellers: config.sellers.clone(), prospects: config.prospects.clone() };
        sides.check()?;
        Ok(Self { config, sides })
    }

    fn list(&self, files: &Files, cursor: Option<&str>) -> Result<Page> {
        let listed = files.list(cursor, PAGE)?;
        let full = listed.len() == PAGE as usize;
        let next = if full { listed.last().map(|file| file.name.clone()) } else { None };
        let mut entries = Vec::new();
        for file in listed {
            let Some(format) = Format::of_name(&file.name) else { continue };
            if format == Format::Json && !is_transcript(files, &file.name)? {
                continue;
            }
            let fingerprint = fingerprint(files, &file, format)?;
            entries.push(Entry { key: file.name, fingerprint });
        }
        Ok(Page { entries, next })
    }

    fn load(&self, files: &Files, key: &str, offset: u64) -> Result<Chunk> {
        let format = Format::of_name(key).ok_or_else(|| {
            Error::invalid(format!(
                "{key}: not a transcript; known are .txt, .vtt, .srt, .docx, .json and \
                 utterances.jsonl"
            ))
        })?;
        let defaults = Conversation {
            language: self.config.language.clone(),
            licence: self.config.licence.clone(),
            consent: self.config.consent.clone(),
            ..Conversation::default()
        };
        if format == Format::ConvoKit {
            return format::convokit::load(files, key, offset, &self.sides, &defaults);
        }
        let mut parsed = format.parse(&files.open(key)?, self.config.max_bytes)?;
        let sidecar = Sidecar::beside(files, key)?.into_conversation();
        parsed.about.participants.clone_from(&sidecar.participants);
        // What a person wrote beside the file comes before what a tool wrote into it.
        parsed.about = Conversation {
            metadata: std::mem::take(&mut parsed.about.metadata),
            duration_ms: parsed.about.duration_ms,
            ..with_defaults(with_defaults(sidecar, parsed.about), defaults)
        };
        parsed.about.title.get_or_insert_with(|| stem(key).to_owned());
        let mut chunk = Chunk::default();
        let failures = parsed.failures(key);
        let evidence = if format == Format::Json { "participant_role" } else { "prefix" };
        match assemble(parsed, &self.sides, evidence) {
            Some(call) => {
                chunk.items.push(Ok(Item { key: String::new(), body: Body::Conversation(call) }));
            }
            None if failures.is_empty() => {
                let what = "the transcript is empty: nobody says anything";
                return Err(Error::invalid(format!("{key}:1: {what}")));
            }
            None => {}
        }
        chunk.items.extend(failures.into_iter().map(Err));
        Ok(chunk)
    }
}

/// A JSON file is a transcript unless it belongs to another file: as the sidecar of a
/// transcript, or as part of a corpus.
fn is_transcript(files: &Files, name: &str) -> Result<bool> {
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
    if format::convokit::BELONGING.contains(&file) {
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        return Ok(files.find(&format!("{folder}utterances.jsonl"))?.is_none());
    }
    let stem = rehearsal_sidecar::stem(name);
    for ending in ["txt", "text", "vtt", "srt", "docx"] {
        if files.find(&format!("{stem}.{ending}"))?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Changes with the file and with what is read beside it.
fn fingerprint(files: &Files, file: &FileInfo, format: Format) -> Result<String> {
    if format != Format::ConvoKit {
        return rehearsal_sidecar::fingerprint(files, file);
    }
    let folder = file.name.strip_suffix("utterances.jsonl").unwrap_or_default();
    let mut fingerprint = file.fingerprint.clone();
    for name in format::convokit::BELONGING {
        if let Some(beside) = files.find(&format!("{folder}{name}"))? {
            fingerprint = format!("{fingerprint}+{}", beside.fingerprint);
        }
    }
    Ok(fingerprint)
}

fn stem(key: &str) -> &str {
    let file = key.rsplit('/').next().unwrap_or(key);
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

rehearsal_sdk::export_loader!(Transcripts);
