//! The file beside a recording or a transcript: `NAME.toml` or `NAME.json`, every key
//! known.
//!
//! ```toml
//! title = "First call"
//! started_at = 2026-03-01T16:00:00Z
//! language = "en"
//! licence = "CC0-1.0"
//! consent = "both parties, on the call"
//! account = "Acme"
//! vocabulary = ["Paywright"]
//!
//! [[participant]]
//! name = "Dana Fox"
//! role = "seller"        # or prospect, other, unknown
//! organisation = "Paywright"
//! channel = "left"       # or right, or an index from 0
//! ```

use rehearsal_sdk::FileInfo;
use rehearsal_sdk::prelude::*;

/// More than this is no sidecar.
const MOST_BYTES: u64 = 1024 * 1024;

/// What a sidecar says of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sidecar {
    title: Option<String>,
    started_at: Option<Moment>,
    language: Option<String>,
    licence: Option<String>,
    consent: Option<String>,
    account: Option<String>,
    source_url: Option<String>,
    vocabulary: Vec<String>,
    #[serde(alias = "participants")]
    participant: Vec<Person>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: Option<String>,
    role: Option<Side>,
    channel: Option<Channel>,
    organisation: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Side {
    Seller,
    Prospect,
    Other,
    Unknown,
}

/// `"left"`, `"right"`, or an index from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "ChannelForm")]
struct Channel(u8);

#[derive(Deserialize)]
#[serde(untagged)]
enum ChannelForm {
    Index(u8),
    Name(String),
}

impl TryFrom<ChannelForm> for Channel {
    type Error = String;

    fn try_from(form: ChannelForm) -> Result<Self, String> {
        match form {
            ChannelForm::Index(index) => Ok(Self(index)),
            ChannelForm::Name(name) if name == "left" => Ok(Self(0)),
            ChannelForm::Name(name) if name == "right" => Ok(Self(1)),
            ChannelForm::Name(name) => {
                Err(format!("`{name}` is no channel; \"left\", \"right\" and indices from 0 are"))
            }
        }
    }
}

/// RFC 3339, as text or as TOML's own kind of value.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Moment {
    Text(String),
    Toml(toml::value::Datetime),
}

/// A file's name without its ending.
#[must_use]
pub fn stem(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(stem, _)| stem)
}

/// Where a file's sidecar can lie. A JSON file is not its own.
fn names(key: &str) -> impl Iterator<Item = String> {
    let names = ["toml", "json"].map(|ending| format!("{}.{ending}", stem(key)));
    let key = key.to_owned();
    names.into_iter().filter(move |name| *name != key)
}

/// The fingerprint of a file and its sidecar together: a changed sidecar changes the call.
///
/// # Errors
/// The host cannot list what it granted.
pub fn fingerprint(files: &Files, file: &FileInfo) -> Result<String> {
    let mut fingerprint = file.fingerprint.clone();
    for name in names(&file.name) {
        if let Some(beside) = files.find(&name)? {
            fingerprint = format!("{fingerprint}+{}", beside.fingerprint);
        }
    }
    Ok(fingerprint)
}

impl Sidecar {
    /// Reads the sidecar of a file; an empty one where there is none.
    ///
    /// # Errors
    /// The sidecar makes no sense; the message names file, line and column.
    pub fn beside(files: &Files, key: &str) -> Result<Self> {
        let mut found = None;
        for name in names(key) {
            let Some(blob) = files.open_if_present(&name)? else { continue };
            if let Some((other, _)) = &found {
                return Err(Error::invalid(format!(
                    "{key}: both {other} and {name} lie beside it; keep one"
                )));
            }
            let bytes = blob.read_all(MOST_BYTES)?;
            let sidecar = parse(&name, &bytes)?;
            sidecar.check(&name)?;
            found = Some((name, sidecar));
        }
        Ok(found.map(|(_, sidecar)| sidecar).unwrap_or_default())
    }

    /// Every channel named at most once, and for all participants or for none.
    fn check(&self, name: &str) -> Result<()> {
        let mut channels: Vec<u8> =
            self.participant.iter().filter_map(|person| Some(person.channel?.0)).collect();
        channels.sort_unstable();
        let expected = (0..self.participant.len()).map(|index| index as u8);
        if channels.is_empty() || channels.iter().copied().eq(expected) {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "{name}: `channel` of the participants: name each channel from 0 once, for all \
             participants or for none"
        )))
    }

    /// Words that a speech recogniser should expect: the list, and all names.
    #[must_use]
    pub fn vocabulary(&self) -> Vec<String> {
        let people = self.participant.iter();
        let names = people.flat_map(|person| [&person.name, &person.organisation]).flatten();
        let mut words: Vec<String> = self.vocabulary.clone();
        words.extend(names.cloned());
        words
    }

    /// A call of which this is known, without turns; participants in the order of their
    /// channels.
    #[must_use]
    pub fn into_conversation(mut self) -> Conversation {
        // The contract: a participant's channel is its index.
        self.participant.sort_by_key(|person| person.channel.map(|channel| channel.0));
        let participants = self.participant.into_iter().map(Person::into_participant).collect();
        Conversation {
            participants,
            language: self.language,
            title: self.title,
            started_at: self.started_at.map(|moment| match moment {
                Moment::Text(text) => text,
                Moment::Toml(time) => time.to_string(),
            }),
            account: self.account,
            licence: self.licence,
            consent: self.consent,
            source_url: self.source_url,
            ..Conversation::default()
        }
    }
}

impl Person {
    fn into_participant(self) -> Participant {
        let role = match self.role {
            Some(Side::Seller) => Role::Seller,
            Some(Side::Prospect) => Role::Prospect,
            Some(Side::Other) => Role::Other,
            Some(Side::Unknown) | None => Role::Unknown,
        };
        let known = role != Role::Unknown;
        Participant {
            name: self.name,
            role,
            role_confidence: if known { 1.0 } else { 0.0 },
            role_evidence: if known { "sidecar".to_owned() } else { String::new() },
            organisation: self.organisation,
        }
    }
}

fn parse(name: &str, bytes: &[u8]) -> Result<Sidecar> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::invalid(format!("{name}:{line}: not UTF-8; save the file as UTF-8"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if name.ends_with(".json") {
        return serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let what = message.split(" at line ").next().unwrap_or_default();
            Error::invalid(format!("{name}:{}:{}: {what}", error.line(), error.column()))
        });
    }
    toml::from_str(text).map_err(|error| {
        let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Error::invalid(format!("{name}:{line}:{column}: {}", error.message()))
    })
}
