//! Collections of call-centre calls: ZIP archives of JSON files with a `text` each, Word
//! transcripts beside audio, and telephone recordings with agent and caller on channels
//! of their own.
//!
//! Where a recording has a Word transcript beside it, they are one call; `prefer` says
//! which of them is read.

mod archive;
mod wav;

use rehearsal_dialogue::{Card, Sides, assemble, docx, grammar, with_defaults};
use rehearsal_sdk::FileInfo;
use rehearsal_sdk::prelude::*;
use rehearsal_sidecar::{self as sidecar, Sidecar};

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What is read of a recording with a Word transcript beside it.
    pub prefer: Prefer,
    /// Who speaks on which channel of recordings with several: `agent` or `caller`.
    pub channels: Vec<Channel>,
    /// Endings of files that are recordings, without the dot; case doesn't count.
    pub extensions: Vec<String>,
    /// Labels of speakers who sell.
    pub sellers: Vec<String>,
    /// Labels of speakers who buy.
    pub prospects: Vec<String>,
    /// BCP 47 language of calls that name none.
    pub language: Option<String>,
    /// Licence of calls whose card (`README.md`) and sidecar name none.
    pub licence: Option<String>,
    /// What the parties agreed to.
    pub consent: Option<String>,
}

/// Which of two forms of a call counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Prefer {
    /// What people wrote down.
    Transcript,
    /// The sound, transcribed by the host.
    Recording,
}

/// Who is on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The call centre's side.
    Agent,
    /// The other side.
    Caller,
}

impl Default for Config {
    fn default() -> Self {
        let extensions = ["wav", "mp3", "flac", "m4a", "ogg", "opus"];
        Self {
            prefer: Prefer::Transcript,
            channels: vec![Channel::Agent, Channel::Caller],
            extensions: extensions.map(str::to_owned).to_vec(),
            sellers: Vec::new(),
            prospects: Vec::new(),
            language: None,
            licence: None,
            consent: None,
        }
    }
}

/// The loader.
#[derive(Debug)]
pub struct CallCenter {
    config: Config,
    sides: Sides,
}

/// Files looked at for one page.
const PAGE: u32 = 1_000;
/// Largest transcript, unpacked, in bytes.
const LARGEST: u64 = 16 * 1024 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Archive,
    Word,
    Recording,
}

impl Loader for CallCenter {
    type Config = Config;

    fn new(mut config: Config) -> Result<Self> {
        config.extensions.iter_mut().for_each(|ending| ending.make_ascii_lowercase());
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
            let Some(form) = self.form(&file.name) else { continue };
            if self.is_other_form(files, &file.name, form)? {
                continue;
            }
            let fingerprint = fingerprint(files, &file, form)?;
            entries.push(Entry { key: file.name, fingerprint });
        }
        Ok(Page { entries, next })
    }

    fn load(&self, files: &Files, key: &str, offset: u64) -> Result<Chunk> {
        let card = Card::of(files, key)?;
        let defaults = Conversation {
            language: self.config.language.clone().or(card.language),
            licence: card.licence.or_else(|| self.config.licence.clone()),
            consent: self.config.consent.clone(),
            ..Conversation::default()
        };
        let blob = files.open(key)?;
        match self.form(key) {
            Some(Form::Archive) => archive::load(&blob, offset, &self.sides, &defaults),
            Some(Form::Word) => self.word(files, &blob, defaults).map(Chunk::one),
            Some(Form::Recording) => self.recording(files, blob, defaults).map(Chunk::one),
            None => Err(Error::invalid(format!("{key}: neither ZIP, Word nor a recording"))),
        }
    }
}

impl CallCenter {
    fn form(&self, name: &str) -> Option<Form> {
        let file = name.rsplit('/').next().unwrap_or(name);
        let (stem, ending) = file.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            _ if stem.is_empty() || stem.starts_with(['.', '~']) => None,
            "zip" => Some(Form::Archive),
            "docx" => Some(Form::Word),
            ending => self
                .config
                .extensions
                .iter()
                .any(|known| known == ending)
                .then_some(Form::Recording),
        }
    }

    /// Whether a file is the form of its call that is not wanted.
    fn is_other_form(&self, files: &Files, name: &str, form: Form) -> Result<bool> {
        let stem = sidecar::stem(name);
        match (form, self.config.prefer) {
            (Form::Recording, Prefer::Transcript) => {
                Ok(files.find(&format!("{stem}.docx"))?.is_some())
            }
            (Form::Word, Prefer::Recording) => {
                for ending in &self.config.extensions {
                    if files.find(&format!("{stem}.{ending}"))?.is_some() {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    fn word(&self, files: &Files, blob: &Blob, defaults: Conversation) -> Result<Body> {
        let key = blob.name();
        let mut parsed = grammar::read(&mut docx::lines(blob, LARGEST)?)?;
        let beside = Sidecar::beside(files, &key)?.into_conversation();
        parsed.about = with_defaults(beside, defaults);
        parsed.about.title.get_or_insert_with(|| title(&key));
        let call = assemble(parsed, &self.sides, "prefix").ok_or_else(|| {
            Error::invalid(format!("{key}:1: the transcript is empty: nobody says anything"))
        })?;
        Ok(Body::Conversation(call))
    }

    fn recording(&self, files: &Files, file: Blob, defaults: Conversation) -> Result<Body> {
        let key = file.name();
        let beside = Sidecar::beside(files, &key)?;
        let vocabulary = beside.vocabulary();
        let mut about = with_defaults(beside.into_conversation(), defaults);
        about.title.get_or_insert_with(|| title(&key));
        let channels = wav::channels(&file)?.map_or(self.config.channels.len(), usize::from);
        if about.participants.is_empty() && channels > 1 && channels == self.config.channels.len() {
            about.participants =
                self.config.channels.iter().map(|side| side.participant()).collect();
        }
        Ok(Body::Recording(Media { file, about, vocabulary }))
    }
}

impl Channel {
    fn participant(self) -> Participant {
        Participant {
            name: None,
            role: match self {
                Self::Agent => Role::Seller,
                Self::Caller => Role::Prospect,
            },
            role_confidence: 1.0,
            role_evidence: "channel".to_owned(),
            organisation: None,
        }
    }
}

fn fingerprint(files: &Files, file: &FileInfo, form: Form) -> Result<String> {
    let own = match form {
        Form::Archive => file.fingerprint.clone(),
        Form::Word | Form::Recording => sidecar::fingerprint(files, file)?,
    };
    Ok(own + &Card::fingerprint(files, &file.name)?)
}

fn title(key: &str) -> String {
    sidecar::stem(key).rsplit('/').next().unwrap_or(key).to_owned()
}

rehearsal_sdk::export_loader!(CallCenter);
